"""The bundled demo newsroom: invented outlets, real formats, loopback only."""

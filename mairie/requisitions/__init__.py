"""Connection records of a host for an authority: asked for, sealed, and checked again later."""

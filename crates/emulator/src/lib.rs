//! A faithful stand-in for the v3 streaming service.

"""Live capture: a device, a ring, a small process that fills a file, and the privileges around them.

Everything else of nlsniff reads the file, which may still be growing. Who does what:

    engine    owns the device; holds the privilege, so it does little: starts the reader, stops it, removes the device
    source, groups   where frames come from: the ring of an nlmon device, or multicast groups
    reader    a forked process without any privilege: takes frames from the source and writes them
    namer     a forked process with two capabilities: finds out which process is behind a port id, and tells the reader
    traced    a recording of a command by strace, which needs none of this: no device, no ring, no privilege
    keeper    the engine as a program of its own, for a screen that runs as an ordinary user
    session   what a screen holds of it: start, figures, stop
"""

"""What is common to all netlink: cooked header, nlmsghdr, nlattr, byte order. No knowledge of any family."""

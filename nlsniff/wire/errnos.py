"""Error numbers: their names and words, which are the kernel's whatever machine reads them.

The numbers and names are those of `asm-generic/errno.h`, `linux/errno.h` and `linux/netfilter/ipset/*.h`; the words for
the first are those that users know from strerror(3). Python's `errno` and `os.strerror` would be the reading machine's.

Everywhere here an error is its number without the minus that the kernel sends it with. Negative numbers are those that
came without: some code of the kernel forgets it, and programs take them for errors all the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.wire.constants import NETLINK_NETFILTER, NLMSG_DONE
from nlsniff.wire.nlmsg import HEADER_SIZE, holds_error

if TYPE_CHECKING:
    from nlsniff.wire.nlmsg import Order

_TABLE = {
    1: ("EPERM", "Operation not permitted"),
    2: ("ENOENT", "No such file or directory"),
    3: ("ESRCH", "No such process"),
    4: ("EINTR", "Interrupted system call"),
    5: ("EIO", "Input/output error"),
    6: ("ENXIO", "No such device or address"),
    7: ("E2BIG", "Argument list too long"),
    8: ("ENOEXEC", "Exec format error"),
    9: ("EBADF", "Bad file descriptor"),
    10: ("ECHILD", "No child processes"),
    11: ("EAGAIN", "Resource temporarily unavailable"),
    12: ("ENOMEM", "Cannot allocate memory"),
    13: ("EACCES", "Permission denied"),
    14: ("EFAULT", "Bad address"),
    15: ("ENOTBLK", "Block device required"),
    16: ("EBUSY", "Device or resource busy"),
    17: ("EEXIST", "File exists"),
    18: ("EXDEV", "Invalid cross-device link"),
    19: ("ENODEV", "No such device"),
    20: ("ENOTDIR", "Not a directory"),
    21: ("EISDIR", "Is a directory"),
    22: ("EINVAL", "Invalid argument"),
    23: ("ENFILE", "Too many open files in system"),
    24: ("EMFILE", "Too many open files"),
    25: ("ENOTTY", "Inappropriate ioctl for device"),
    26: ("ETXTBSY", "Text file busy"),
    27: ("EFBIG", "File too large"),
    28: ("ENOSPC", "No space left on device"),
    29: ("ESPIPE", "Illegal seek"),
    30: ("EROFS", "Read-only file system"),
    31: ("EMLINK", "Too many links"),
    32: ("EPIPE", "Broken pipe"),
    33: ("EDOM", "Numerical argument out of domain"),
    34: ("ERANGE", "Numerical result out of range"),
    35: ("EDEADLK", "Resource deadlock avoided"),
    36: ("ENAMETOOLONG", "File name too long"),
    37: ("ENOLCK", "No locks available"),
    38: ("ENOSYS", "Function not implemented"),
    39: ("ENOTEMPTY", "Directory not empty"),
    40: ("ELOOP", "Too many levels of symbolic links"),
    42: ("ENOMSG", "No message of desired type"),
    43: ("EIDRM", "Identifier removed"),
    44: ("ECHRNG", "Channel number out of range"),
    45: ("EL2NSYNC", "Level 2 not synchronized"),
    46: ("EL3HLT", "Level 3 halted"),
    47: ("EL3RST", "Level 3 reset"),
    48: ("ELNRNG", "Link number out of range"),
    49: ("EUNATCH", "Protocol driver not attached"),
    50: ("ENOCSI", "No CSI structure available"),
    51: ("EL2HLT", "Level 2 halted"),
    52: ("EBADE", "Invalid exchange"),
    53: ("EBADR", "Invalid request descriptor"),
    54: ("EXFULL", "Exchange full"),
    55: ("ENOANO", "No anode"),
    56: ("EBADRQC", "Invalid request code"),
    57: ("EBADSLT", "Invalid slot"),
    59: ("EBFONT", "Bad font file format"),
    60: ("ENOSTR", "Device not a stream"),
    61: ("ENODATA", "No data available"),
    62: ("ETIME", "Timer expired"),
    63: ("ENOSR", "Out of streams resources"),
    64: ("ENONET", "Machine is not on the network"),
    65: ("ENOPKG", "Package not installed"),
    66: ("EREMOTE", "Object is remote"),
    67: ("ENOLINK", "Link has been severed"),
    68: ("EADV", "Advertise error"),
    69: ("ESRMNT", "Srmount error"),
    70: ("ECOMM", "Communication error on send"),
    71: ("EPROTO", "Protocol error"),
    72: ("EMULTIHOP", "Multihop attempted"),
    73: ("EDOTDOT", "RFS specific error"),
    74: ("EBADMSG", "Bad message"),
    75: ("EOVERFLOW", "Value too large for defined data type"),
    76: ("ENOTUNIQ", "Name not unique on network"),
    77: ("EBADFD", "File descriptor in bad state"),
    78: ("EREMCHG", "Remote address changed"),
    79: ("ELIBACC", "Can not access a needed shared library"),
    80: ("ELIBBAD", "Accessing a corrupted shared library"),
    81: ("ELIBSCN", ".lib section in a.out corrupted"),
    82: ("ELIBMAX", "Attempting to link in too many shared libraries"),
    83: ("ELIBEXEC", "Cannot exec a shared library directly"),
    84: ("EILSEQ", "Invalid or incomplete multibyte or wide character"),
    85: ("ERESTART", "Interrupted system call should be restarted"),
    86: ("ESTRPIPE", "Streams pipe error"),
    87: ("EUSERS", "Too many users"),
    88: ("ENOTSOCK", "Socket operation on non-socket"),
    89: ("EDESTADDRREQ", "Destination address required"),
    90: ("EMSGSIZE", "Message too long"),
    91: ("EPROTOTYPE", "Protocol wrong type for socket"),
    92: ("ENOPROTOOPT", "Protocol not available"),
    93: ("EPROTONOSUPPORT", "Protocol not supported"),
    94: ("ESOCKTNOSUPPORT", "Socket type not supported"),
    95: ("EOPNOTSUPP", "Operation not supported"),
    96: ("EPFNOSUPPORT", "Protocol family not supported"),
    97: ("EAFNOSUPPORT", "Address family not supported by protocol"),
    98: ("EADDRINUSE", "Address already in use"),
    99: ("EADDRNOTAVAIL", "Cannot assign requested address"),
    100: ("ENETDOWN", "Network is down"),
    101: ("ENETUNREACH", "Network is unreachable"),
    102: ("ENETRESET", "Network dropped connection on reset"),
    103: ("ECONNABORTED", "Software caused connection abort"),
    104: ("ECONNRESET", "Connection reset by peer"),
    105: ("ENOBUFS", "No buffer space available"),
    106: ("EISCONN", "Transport endpoint is already connected"),
    107: ("ENOTCONN", "Transport endpoint is not connected"),
    108: ("ESHUTDOWN", "Cannot send after transport endpoint shutdown"),
    109: ("ETOOMANYREFS", "Too many references: cannot splice"),
    110: ("ETIMEDOUT", "Connection timed out"),
    111: ("ECONNREFUSED", "Connection refused"),
    112: ("EHOSTDOWN", "Host is down"),
    113: ("EHOSTUNREACH", "No route to host"),
    114: ("EALREADY", "Operation already in progress"),
    115: ("EINPROGRESS", "Operation now in progress"),
    116: ("ESTALE", "Stale file handle"),
    117: ("EUCLEAN", "Structure needs cleaning"),
    118: ("ENOTNAM", "Not a XENIX named type file"),
    119: ("ENAVAIL", "No XENIX semaphores available"),
    120: ("EISNAM", "Is a named type file"),
    121: ("EREMOTEIO", "Remote I/O error"),
    122: ("EDQUOT", "Disk quota exceeded"),
    123: ("ENOMEDIUM", "No medium found"),
    124: ("EMEDIUMTYPE", "Wrong medium type"),
    125: ("ECANCELED", "Operation canceled"),
    126: ("ENOKEY", "Required key not available"),
    127: ("EKEYEXPIRED", "Key has expired"),
    128: ("EKEYREVOKED", "Key has been revoked"),
    129: ("EKEYREJECTED", "Key was rejected by service"),
    130: ("EOWNERDEAD", "Owner died"),
    131: ("ENOTRECOVERABLE", "State not recoverable"),
    132: ("ERFKILL", "Operation not possible due to RF-kill"),
    133: ("EHWPOISON", "Memory page has hardware error"),
    134: ("EFTYPE", "Wrong file type"),
    # Inside the kernel only, and yet they leak into answers. The words are ours.
    512: ("ERESTARTSYS", "Interrupted by a signal, to be restarted"),
    513: ("ERESTARTNOINTR", "Interrupted, to be restarted in any case"),
    514: ("ERESTARTNOHAND", "Interrupted, to be restarted where nobody handles the signal"),
    515: ("ENOIOCTLCMD", "No such ioctl here"),
    516: ("ERESTART_RESTARTBLOCK", "Interrupted, to be restarted by restart_syscall"),
    517: ("EPROBE_DEFER", "Driver wants to be probed again later"),
    518: ("EOPENSTALE", "Stale handle found while opening"),
    519: ("ENOPARAM", "Parameter not known"),
    521: ("EBADHANDLE", "Illegal file handle of NFS"),
    522: ("ENOTSYNC", "Update synchronisation mismatch"),
    523: ("EBADCOOKIE", "Cookie is stale"),
    524: ("ENOTSUPP", "Operation is not supported"),
    525: ("ETOOSMALL", "Buffer or request is too small"),
    526: ("ESERVERFAULT", "Error of the server that has no other number"),
    527: ("EBADTYPE", "Type not supported by the server"),
    528: ("EJUKEBOX", "Begun, but not to be completed in time"),
    529: ("EIOCBQUEUED", "Queued, completion is to be told"),
    530: ("ERECALLCONFLICT", "Conflict with a recalled state"),
    531: ("ENOGRACE", "No grace period to reclaim in"),
}
# Other names of the same numbers.
ALIASES = {"EWOULDBLOCK": 11, "EDEADLOCK": 35, "EFSBADCRC": 74, "ENOTSUP": 95, "EFSCORRUPTED": 117}

# ipset has numbers of its own, on NETLINK_NETFILTER alone. From 4352 on each type of set has others.
_IPSET = {
    4097: ("IPSET_ERR_PROTOCOL", "Another version of the protocol is needed"),
    4098: ("IPSET_ERR_FIND_TYPE", "No such type of set"),
    4099: ("IPSET_ERR_MAX_SETS", "No more sets fit"),
    4100: ("IPSET_ERR_BUSY", "A set is in use or being changed"),
    4101: ("IPSET_ERR_EXIST_SETNAME2", "The second set's name is taken, or there is no such set"),
    4102: ("IPSET_ERR_TYPE_MISMATCH", "The sets are of different types"),
    4103: ("IPSET_ERR_EXIST", "The element is there already, or is not there"),
    4104: ("IPSET_ERR_INVALID_CIDR", "No such prefix length"),
    4105: ("IPSET_ERR_INVALID_NETMASK", "No such netmask"),
    4106: ("IPSET_ERR_INVALID_FAMILY", "The address family does not fit the type of set"),
    4107: ("IPSET_ERR_TIMEOUT", "The set was made without timeouts"),
    4108: ("IPSET_ERR_REFERENCED", "The set is referred to"),
    4109: ("IPSET_ERR_IPADDR_IPV4", "An IPv4 address is needed"),
    4110: ("IPSET_ERR_IPADDR_IPV6", "An IPv6 address is needed"),
    4111: ("IPSET_ERR_COUNTER", "The set was made without counters"),
    4112: ("IPSET_ERR_COMMENT", "The set was made without comments"),
    4113: ("IPSET_ERR_INVALID_MARKMASK", "No such mark mask"),
    4114: ("IPSET_ERR_SKBINFO", "The set was made without skbinfo"),
    4115: ("IPSET_ERR_BITMASK_NETMASK_EXCL", "A set has a bitmask or a netmask, not both"),
}
IPSET_BY_TYPE = 4352
_IPSET_TYPES = {
    "hash": (
        ("HASH_FULL", "No more elements fit"),
        ("HASH_ELEM", "An element that is all zero cannot be in such a set"),
        ("INVALID_PROTO", "No such protocol"),
        ("MISSING_PROTO", "The protocol is needed"),
        ("HASH_RANGE_UNSUPPORTED", "Such a set takes no ranges"),
        ("HASH_RANGE", "No such range"),
    ),
    "bitmap": (
        ("BITMAP_RANGE", "The element is outside of the set's range"),
        ("BITMAP_RANGE_SIZE", "The range is larger than such a set can be"),
    ),
    "list": (
        ("NAME", "There is no set of that name"),
        ("LOOP", "A list of sets holds no lists of sets"),
        ("BEFORE", "The set to put it before or after is needed"),
        ("NAMEREF", "There is no set of the name to put it before or after"),
        ("LIST_FULL", "No more sets fit"),
        ("REF_EXIST", "The set to put it before or after is not in the list"),
    ),
}
BY_TYPE = {f"IPSET_ERR_{name}": n for own in _IPSET_TYPES.values() for n, (name, _) in enumerate(own, IPSET_BY_TYPE)}
_BY_TYPE_WORDS = {f"IPSET_ERR_{name}": words for own in _IPSET_TYPES.values() for name, words in own}

# Every name that an error may be called by, in the order of the numbers.
NUMBERS = {name: number for table in (_TABLE, _IPSET) for number, (name, _) in table.items()}


def errno_number(name: str) -> int | None:
    """The number of an error's constant, other names of the same number included; None for no such constant."""
    return NUMBERS.get(name) or ALIASES.get(name) or BY_TYPE.get(name)


def errno_name(number: int, protocol: int = 0, set_type: str = "") -> str:
    """The constant of an error.

    Args:
        number: of the error.
        protocol: netlink protocol number. Only on NETLINK_NETFILTER do ipset's numbers have a meaning.
        set_type: of the set that the error is about, such as `hash:ip`, where it is known.

    Returns:
        "" for 0, `E135` where nothing is known, `+EIO` for what was sent without its minus.
    """
    if number <= 0:
        return f"+{errno_name(-number, protocol, set_type)}" if number else ""
    known = _known(number, protocol)
    if known is None and set_type and protocol == NETLINK_NETFILTER and number >= IPSET_BY_TYPE:
        own = _IPSET_TYPES.get(set_type.partition(":")[0], ())[number - IPSET_BY_TYPE :]
        return f"IPSET_ERR_{own[0][0]}" if own else f"E{number}"
    return known[0] if known is not None else f"E{number}"


def errno_text(number: int, protocol: int = 0, order: Order = "<", name: str = "") -> str:
    """What an error means in words; "" where nothing is known.

    Args:
        number: of the error.
        protocol: netlink protocol number.
        order: byte order of the message. Some big-endian machines have other numbers, which the words then say.
        name: its constant, where that is known better than the number tells (`errno_name` with a type of set).
    """
    if number < 0:
        return f"{errno_text(-number, protocol, order, name[1:]) or 'an error'}; sent as a positive number"
    known = _known(number, protocol)
    if known is None and protocol == NETLINK_NETFILTER and number >= IPSET_BY_TYPE:
        names = [other for other, own in BY_TYPE.items() if own == number]
        candidates = f"by the type of the set{': ' if names else ''}{' or '.join(names)}"
        return _BY_TYPE_WORDS.get(name, candidates)
    text = known[1] if known is not None else ""
    others = elsewhere(number) if order == ">" else ""
    return f"{text}{'; ' if text and others else ''}{others}"


def elsewhere(number: int) -> str:
    """What an error is on big-endian machines that number errors otherwise: `on MIPS EDQUOT`; "" where all agree."""
    from nlsniff.wire.errnos_elsewhere import numbers_elsewhere  # noqa: PLC0415  captures of such machines are rare

    own = errno_name(number)
    found: dict[str, list[str]] = {}
    for machine, names in numbers_elsewhere().items():
        name = names.get(number)
        if name is not None and name != own:
            found.setdefault(name, []).append(machine)
    return ", ".join(f"on {' and '.join(machines)} {name}" for name, machines in found.items())


def error_in(protocol: int, type_: int, flags: int, data: bytes, start: int, end: int, order: Order) -> int | None:
    """The error in the message [start, end) of `data`: 0 is success; None where it holds no error number.

    The end of a dump says 0 or a negative number (netlink_dump() goes on while it is positive), so that a positive one
    is no error there.
    """
    at = start + HEADER_SIZE
    if end - at < 4 or not holds_error(protocol, type_, flags):
        return None
    code = int.from_bytes(data[at : at + 4], "little" if order == "<" else "big", signed=True)
    return 0 if code > 0 and type_ == NLMSG_DONE else -code


def _known(number: int, protocol: int) -> tuple[str, str] | None:
    return _TABLE.get(number) or (_IPSET.get(number) if protocol == NETLINK_NETFILTER else None)

/** The C library's words for the host's errors, which are in the peer's messages. */
const WORDS: { readonly [code: string]: string } = {
  E2BIG: "Argument list too long",
  EACCES: "Permission denied",
  EADDRINUSE: "Address already in use",
  EADDRNOTAVAIL: "Cannot assign requested address",
  EAGAIN: "Resource temporarily unavailable",
  EBADF: "Bad file descriptor",
  EBUSY: "Device or resource busy",
  ECONNREFUSED: "Connection refused",
  ECONNRESET: "Connection reset by peer",
  EEXIST: "File exists",
  EFAULT: "Bad address",
  EFBIG: "File too large",
  EHOSTUNREACH: "No route to host",
  EINTR: "Interrupted system call",
  EINVAL: "Invalid argument",
  EIO: "Input/output error",
  EISDIR: "Is a directory",
  ELOOP: "Too many levels of symbolic links",
  EMFILE: "Too many open files",
  ENAMETOOLONG: "File name too long",
  ENETUNREACH: "Network is unreachable",
  ENFILE: "Too many open files in system",
  ENOBUFS: "No buffer space available",
  ENODEV: "No such device",
  ENOENT: "No such file or directory",
  ENOMEM: "Cannot allocate memory",
  ENOSPC: "No space left on device",
  ENOSYS: "Function not implemented",
  ENOTCONN: "Transport endpoint is not connected",
  ENOTDIR: "Not a directory",
  ENOTEMPTY: "Directory not empty",
  ENOTSOCK: "Socket operation on non-socket",
  ENOTTY: "Inappropriate ioctl for device",
  ENXIO: "No such device or address",
  EOPNOTSUPP: "Operation not supported",
  EOVERFLOW: "Value too large for defined data type",
  EPERM: "Operation not permitted",
  EPIPE: "Broken pipe",
  ERANGE: "Numerical result out of range",
  EROFS: "Read-only file system",
  ESPIPE: "Illegal seek",
  ESRCH: "No such process",
  ETIMEDOUT: "Connection timed out",
  ETXTBSY: "Text file busy",
};

/** The `code` of an error that the host's system calls gave, e.g. `ENOENT`. */
export function errnoOf(thrown: unknown): string | undefined {
  const isCoded = typeof thrown === "object" && thrown !== null && "code" in thrown && typeof thrown.code === "string";
  return isCoded ? String(thrown.code) : undefined;
}

/** `No such file or directory` for an error with the code `ENOENT`; the error's own text where the code says nothing. */
export function hostErrorText(thrown: unknown): string {
  const words = WORDS[errnoOf(thrown) ?? ""];
  return words ?? (thrown instanceof Error ? thrown.message : String(thrown));
}

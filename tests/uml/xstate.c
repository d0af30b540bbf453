/*
 * Lets user-mode Linux 6.1 run on a CPU with AMX.
 *
 * Such a CPU has an extended register state (XSTATE) of some 11 KiB. The kernel in user-mode-linux 6.1 keeps 4 KiB or
 * less of it per process and hands that to PTRACE_SETREGSET, which wants either the whole state or none: it answers
 * EFAULT, and user-mode Linux panics at its first process with "ptrace set fp regs failed, errno = 14".
 *
 * Preloaded, this stands between the two: what user-mode Linux wants to set is laid over the head of the state that
 * the process has now, and the whole is set. On a CPU with a smaller state the call passes through untouched.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

static long (*kernel_ptrace)(int, ...);
static char whole[65536] __attribute__((aligned(64)));

long ptrace(enum __ptrace_request request, ...)
{
	va_list arguments;

	va_start(arguments, request);
	int pid = va_arg(arguments, int);
	void *address = va_arg(arguments, void *);
	void *data = va_arg(arguments, void *);
	va_end(arguments);

	if (!kernel_ptrace)
		kernel_ptrace = (long (*)(int, ...))dlsym(RTLD_NEXT, "ptrace");

	if (request == PTRACE_SETREGSET && address == (void *)NT_X86_XSTATE) {
		struct iovec *wanted = data;
		struct iovec now = { whole, sizeof(whole) };

		if (kernel_ptrace(PTRACE_GETREGSET, pid, address, &now) == 0 && now.iov_len > wanted->iov_len) {
			memcpy(whole, wanted->iov_base, wanted->iov_len);
			return kernel_ptrace(PTRACE_SETREGSET, pid, address, &now);
		}
	}
	return kernel_ptrace(request, pid, address, data);
}

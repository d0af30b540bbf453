/* A program that passes netlink datagrams in every way that a program can; tests/file/strace/record traces it. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static struct request {
	struct nlmsghdr header;
	unsigned char body[16];
} request;
static struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
static char one[4096], two[4096];

static struct request *ask(int type, int flags, int index)
{
	static unsigned int sequence = 100;

	memset(&request, 0, sizeof(request));
	request.header = (struct nlmsghdr){sizeof(request), type, NLM_F_REQUEST | flags, ++sequence, 0};
	memcpy(request.body + 4, &index, 4);
	return &request;
}

static int made(int protocol, unsigned int port)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
	struct sockaddr_nl own = {.nl_family = AF_NETLINK, .nl_pid = port};

	bind(fd, (struct sockaddr *)&own, sizeof(own));
	return fd;
}

static void *in_thread(void *fd)
{
	send(*(int *)fd, ask(RTM_GETADDR, NLM_F_DUMP, 0), sizeof(request), 0);
	recv(*(int *)fd, one, sizeof(one), 0);
	return NULL;
}

static void in_messages(int fd)
{
	struct iovec out[2] = {{&request, 16}, {request.body, 16}}, in[2] = {{one, 10}, {two, sizeof(two)}};
	struct msghdr send_one = {&kernel, sizeof(kernel), out, 2}, receive_one = {&kernel, sizeof(kernel), in, 2};
	struct mmsghdr many[2] = {{{.msg_iov = out, .msg_iovlen = 2}}, {{.msg_iov = out, .msg_iovlen = 2}}};
	struct iovec apart[2] = {{one, sizeof(one)}, {two, sizeof(two)}};
	struct mmsghdr both[2] = {{{.msg_iov = apart, .msg_iovlen = 1}}, {{.msg_iov = apart + 1, .msg_iovlen = 1}}};

	ask(RTM_GETLINK, 0, 1);
	sendmsg(fd, &send_one, 0);
	recv(fd, NULL, 0, MSG_PEEK | MSG_TRUNC);
	in[1].iov_len = 30;
	recvmsg(fd, &receive_one, 0); /* cut: the size is known by the look before */
	ask(RTM_GETLINK, 0, 1);
	sendmsg(fd, &send_one, 0);
	recvfrom(fd, one, 40, MSG_TRUNC, NULL, NULL); /* cut: the call says the size */
	recvmsg(fd, &receive_one, MSG_DONTWAIT); /* nothing there */
	ask(RTM_GETLINK, NLM_F_ACK, 12345); /* no such device */
	sendmmsg(fd, many, 2, 0);
	recvmmsg(fd, both, 2, 0, NULL);
}

static void by_copies(int fd)
{
	struct iovec part[2] = {{&request, 20}, {request.body + 4, 12}}, in = {one, sizeof(one)};
	int copy = dup(fd), far = fcntl(fd, F_DUPFD_CLOEXEC, 30), kept = dup2(fd, 20), gone = dup3(fd, 21, O_CLOEXEC);

	write(copy, ask(RTM_GETLINK, NLM_F_ACK, 12345), sizeof(request));
	read(far, one, sizeof(one));
	ask(RTM_GETLINK, NLM_F_ACK, 12345);
	writev(kept, part, 2);
	readv(gone, &in, 1);
	close(copy);
	copy = open("/dev/null", O_RDONLY); /* the number is another's now */
	read(copy, one, 20);
	close(copy);
}

static void between_programs(void)
{
	int here = made(NETLINK_USERSOCK, 0), there = made(NETLINK_USERSOCK, 77777);
	struct sockaddr_nl port = {.nl_family = AF_NETLINK, .nl_pid = 77777}, from;
	socklen_t size = sizeof(from);

	sendto(here, "a \"b\"\n\\ \x01\xff) = 5", 14, 0, (struct sockaddr *)&port, sizeof(port));
	recvfrom(there, one, sizeof(one), 0, (struct sockaddr *)&from, &size);
	connect(here, (struct sockaddr *)&port, sizeof(port));
	send(here, "by connect", 10, 0);
	port.nl_pid = 88888;
	sendto(here, "lost", 4, 0, (struct sockaddr *)&port, sizeof(port));
}

static void to_a_group(int fd)
{
	int listener = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), group = RTNLGRP_LINK;
	struct sockaddr_nl own = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_NOTIFY}, from;
	socklen_t size = sizeof(from);

	bind(listener, (struct sockaddr *)&own, sizeof(own));
	setsockopt(listener, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group));
	ask(RTM_NEWLINK, NLM_F_ACK, 1);
	request.body[8] = request.body[12] = 1; /* IFF_UP */
	send(fd, &request, sizeof(request), 0);
	recv(fd, one, sizeof(one), 0);
	recvfrom(listener, one, 200, 0, (struct sockaddr *)&from, &size);
}

int main(int count, char **arguments)
{
	char *again[] = {"spawned", "20", NULL};
	int fd, status;
	pthread_t thread;
	pid_t child;
	char ring[120] = {0}; /* struct io_uring_params */

	if (count > 1) { /* what came through execve */
		fd = atoi(arguments[1]);
		send(fd, ask(RTM_GETADDR, NLM_F_DUMP, 0), sizeof(request), 0);
		recv(fd, one, sizeof(one), 0);
		return 0;
	}
	fd = made(NETLINK_ROUTE, 0);
	in_messages(fd);
	by_copies(fd);
	pthread_create(&thread, NULL, in_thread, &fd);
	pthread_join(thread, NULL);
	if (!fork()) {
		in_thread(&fd);
		execl(arguments[0], "inherits", "20", NULL);
	}
	wait(&status);
	posix_spawn(&child, arguments[0], NULL, NULL, again, NULL);
	wait(&status);
	between_programs();
	to_a_group(fd);
	syscall(SYS_io_uring_setup, 1, ring);
	send(fd, ask(RTM_GETLINK, NLM_F_ACK, 12345), sizeof(request), 0); /* and never reads */
	return 0;
}

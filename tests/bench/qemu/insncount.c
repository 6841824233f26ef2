/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * insncount - QEMU TCG plugin (plugin API 1, QEMU 6.0 and later) that counts
 * executed guest instructions into a shared file, so that another process can
 * read the running total at any time without talking to QEMU.
 *
 *   -plugin ./insncount.so,out=PATH[,exact=on][,mmio=on][,hist=PATH]
 *
 * PATH holds 64-bit counters: [0..15] instructions of vCPU 0..15, [16..31]
 * device register accesses of vCPU 0..15 (only with mmio=on, slow).
 * exact=on counts each instruction instead of whole translation blocks (a block
 * left by an exception is otherwise counted in full).
 * hist=PATH adds a profile: records of { vaddr, instructions in block, number
 * of executions }, one per translation; read it with hist.py. Halted vCPUs
 * execute nothing, so an idle guest adds only its timer work.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* The few declarations of the plugin ABI that are used here. */
#define EXPORT __attribute__((visibility("default")))
typedef uint64_t plugin_id;
struct qemu_info {
	const char *target_name;
	struct {
		int min, cur;
	} version;
	bool system_emulation;
	struct {
		int smp_vcpus, max_vcpus;
	} system;
};
struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_plugin_hwaddr;
enum { CB_NO_REGS = 0, INLINE_ADD_U64 = 0, MEM_RW = 3 };

extern void qemu_plugin_register_vcpu_tb_trans_cb(
	plugin_id, void (*)(plugin_id, struct qemu_plugin_tb *));
extern void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *,
						 void (*)(unsigned, void *),
						 int flags, void *udata);
extern void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *,
						     int op, void *ptr,
						     uint64_t imm);
extern void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *,
						   void (*)(unsigned, void *),
						   int flags, void *udata);
extern void
qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *, int op,
					   void *ptr, uint64_t imm);
extern void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *,
					     void (*)(unsigned, uint32_t info,
						      uint64_t vaddr, void *),
					     int flags, int rw, void *udata);
extern size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
extern uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *);
extern struct qemu_plugin_insn *
qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
extern struct qemu_plugin_hwaddr *qemu_plugin_get_hwaddr(uint32_t info,
							 uint64_t vaddr);
extern bool qemu_plugin_hwaddr_is_io(const struct qemu_plugin_hwaddr *);

EXPORT int qemu_plugin_version = 1;

#define MAXCPU 16
#define MAXREC (1u << 20)
struct rec {
	uint64_t vaddr, insns, execs;
};

static uint64_t *ctr;
static struct rec *recs;
static uint32_t nrecs;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool smp, exact, mmio;

static void
on_block(unsigned cpu, void *n)
{
	ctr[cpu % MAXCPU] += (uintptr_t)n;
}

static void
on_mem(unsigned cpu, uint32_t info, uint64_t vaddr, void *u)
{
	struct qemu_plugin_hwaddr *h = qemu_plugin_get_hwaddr(info, vaddr);

	(void)u;
	if (h && qemu_plugin_hwaddr_is_io(h))
		ctr[MAXCPU + cpu % MAXCPU]++;
}

static void
on_translate(plugin_id id, struct qemu_plugin_tb *tb)
{
	size_t n = qemu_plugin_tb_n_insns(tb), i;

	(void)id;
	for (i = 0; (exact || mmio) && i < n; i++) {
		struct qemu_plugin_insn *in = qemu_plugin_tb_get_insn(tb, i);

		if (exact && smp)
			qemu_plugin_register_vcpu_insn_exec_cb(in, on_block,
							       CB_NO_REGS,
							       (void *)1);
		else if (exact)
			qemu_plugin_register_vcpu_insn_exec_inline(
				in, INLINE_ADD_U64, ctr, 1);
		if (mmio)
			qemu_plugin_register_vcpu_mem_cb(in, on_mem, CB_NO_REGS,
							 MEM_RW, NULL);
	}
	if (!exact && smp)
		qemu_plugin_register_vcpu_tb_exec_cb(tb, on_block, CB_NO_REGS,
						     (void *)n);
	else if (!exact)
		qemu_plugin_register_vcpu_tb_exec_inline(tb, INLINE_ADD_U64,
							 ctr, n);
	if (recs) {
		struct rec *r = NULL;

		pthread_mutex_lock(&lock);
		if (nrecs < MAXREC)
			r = &recs[nrecs++];
		pthread_mutex_unlock(&lock);
		if (r) {
			r->vaddr = qemu_plugin_tb_vaddr(tb);
			r->insns = n;
			qemu_plugin_register_vcpu_tb_exec_inline(tb,
								 INLINE_ADD_U64,
								 &r->execs, 1);
		}
	}
}

static void *
map(const char *path, size_t n)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);
	void *p;

	if (fd < 0 || ftruncate(fd, n))
		return NULL;
	p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return p == MAP_FAILED ? NULL : p;
}

EXPORT int
qemu_plugin_install(plugin_id id, const struct qemu_info *info, int argc,
		    char **argv)
{
	int i;

	for (i = 0; i < argc; i++) {
		if (!strncmp(argv[i], "out=", 4))
			ctr = map(argv[i] + 4, 4096);
		else if (!strncmp(argv[i], "hist=", 5))
			recs = map(argv[i] + 5, MAXREC * sizeof *recs);
		else if (!strcmp(argv[i], "exact=on"))
			exact = true;
		else if (!strcmp(argv[i], "mmio=on"))
			mmio = true;
	}
	if (!ctr) {
		fprintf(stderr, "insncount: want out=PATH\n");
		return -1;
	}
	smp = info->system.max_vcpus > 1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
	return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nullfwd - the ceiling: a bare-metal guest that moves frames between two
 * e1000e ports with as little work as possible, to find out what QEMU and its
 * device model allow at all.  Multiboot, one CPU, direct descriptor rings.
 *
 * Command line words choose the job:
 *   poll | intr    spin on the rings, or MSI-X + halt with NAPI-style polling
 *   fwd            hand the frame over unchanged (default)
 *   l3             check the IPv4 header, TTL and checksum, one route and one
 *                  neighbour lookup, rewrite MACs: the least of a router
 *   rx | tx        only receive on port 0 / only send on port 1
 *   rxcsum         leave the device's receive checksum check on
 *   batch=N        most frames per ring visit (default 64)
 *   mem            time ways to copy and to sum memory, print, halt
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define N     256 /* descriptors per ring */
#define NBUF  1024
#define BUFSZ 2048

enum {
	CTRL = 0,
	STATUS = 8,
	CTRL_EXT = 0x18,
	ICR = 0xc0,
	IMS = 0xd0,
	IMC = 0xd8,
	EIAC = 0xdc,
	IVAR = 0xe4,
	RCTL = 0x100,
	TCTL = 0x400,
	TIPG = 0x410,
	RDBAL = 0x2800,
	RDBAH = 0x2804,
	RDLEN = 0x2808,
	RDH = 0x2810,
	RDT = 0x2818,
	TDBAL = 0x3800,
	TDBAH = 0x3804,
	TDLEN = 0x3808,
	TDH = 0x3810,
	TDT = 0x3818,
	RXCSUM = 0x5000,
	RFCTL = 0x5008,
};

struct rxd {
	uint64_t addr;
	uint16_t len, csum;
	uint8_t status, errors;
	uint16_t vlan;
};
struct txd {
	uint64_t addr;
	uint16_t len;
	uint8_t cso, cmd, status, css;
	uint16_t vlan;
};

struct port {
	volatile uint8_t *reg;
	volatile struct rxd *rx;
	volatile struct txd *tx;
	unsigned rx_next, tx_next, tx_done, tx_used;
	void *tx_buf[N];
	uint8_t mac[6];
};

static struct rxd rxring[2][N] __attribute__((aligned(4096)));
static struct txd txring[2][N] __attribute__((aligned(4096)));
static uint8_t bufs[NBUF][BUFSZ] __attribute__((aligned(4096)));
static void *freelist[NBUF];
static unsigned nfree;
static struct port port[2];
volatile uint8_t pending[2];
extern uint32_t mb_info;
extern void isr0(void), isr1(void);
static bool use_intr, rxcsum;
static unsigned batch = 64;

/* ---- small machine helpers ---------------------------------------------- */

static inline void
outb(uint16_t p, uint8_t v)
{
	asm volatile("outb %0,%1" ::"a"(v), "Nd"(p));
}
static inline uint8_t
inb(uint16_t p)
{
	uint8_t v;
	asm volatile("inb %1,%0" : "=a"(v) : "Nd"(p));
	return v;
}
static inline void
outl(uint16_t p, uint32_t v)
{
	asm volatile("outl %0,%1" ::"a"(v), "Nd"(p));
}
static inline uint32_t
inl(uint16_t p)
{
	uint32_t v;
	asm volatile("inl %1,%0" : "=a"(v) : "Nd"(p));
	return v;
}
static inline uint64_t
rdtsc(void)
{
	uint32_t a, d;
	asm volatile("rdtsc" : "=a"(a), "=d"(d));
	return (uint64_t)d << 32 | a;
}
static inline void
wr(struct port *p, unsigned r, uint32_t v)
{
	*(volatile uint32_t *)(p->reg + r) = v;
}
static inline uint32_t
rd(struct port *p, unsigned r)
{
	return *(volatile uint32_t *)(p->reg + r);
}

void *
memset(void *d, int c, size_t n)
{
	uint8_t *p = d;
	while (n--)
		*p++ = c;
	return d;
}
void *
memcpy(void *d, const void *s, size_t n)
{
	uint8_t *p = d;
	const uint8_t *q = s;
	while (n--)
		*p++ = *q++;
	return d;
}

static void
putc(char c)
{
	while (!(inb(0x3fd) & 0x20))
		;
	outb(0x3f8, c);
}
static void
puts(const char *s)
{
	while (*s)
		putc(*s++);
}
static void
putn(uint64_t v)
{
	char b[24], *p = b + 23;

	*p = 0;
	do {
		*--p = '0' + v % 10;
	} while (v /= 10);
	puts(p);
}

static uint32_t
pci_rd(unsigned dev, unsigned r)
{
	outl(0xcf8, 0x80000000u | dev << 11 | r);
	return inl(0xcfc);
}
static void
pci_wr(unsigned dev, unsigned r, uint32_t v)
{
	outl(0xcf8, 0x80000000u | dev << 11 | r);
	outl(0xcfc, v);
}

static bool
word(const char *line, const char *w)
{
	for (; line && *line; line++) {
		const char *a = line, *b = w;

		while (*b && *a == *b)
			a++, b++;
		if (!*b && (!*a || *a == ' ' || w[0] == 'b'))
			return true;
	}
	return false;
}

/* ---- device ------------------------------------------------------------- */

struct __attribute__((packed)) gate {
	uint16_t lo, sel;
	uint8_t ist, type;
	uint16_t mid;
	uint32_t hi, zero;
};
static struct gate idt[256];

static void
set_gate(int v, void (*f)(void))
{
	uint64_t a = (uintptr_t)f;

	idt[v] = (struct gate){ a, 8, 0, 0x8e, a >> 16, a >> 32, 0 };
}

static void
msix_on(struct port *p, unsigned dev, int vector)
{
	unsigned cap = pci_rd(dev, 0x34) & 0xfc;
	volatile uint32_t *t;
	uint32_t v, tab;

	while (cap && (pci_rd(dev, cap) & 0xff) != 0x11)
		cap = pci_rd(dev, cap) >> 8 & 0xfc;
	v = pci_rd(dev, cap);
	tab = pci_rd(dev, cap + 4);
	t = (void *)(uintptr_t)((pci_rd(dev, 0x10 + (tab & 7) * 4) & ~0xfu) +
				(tab & ~7u));
	t[0] = 0xfee00000;
	t[1] = 0;
	t[2] = vector;
	t[3] = 0;
	pci_wr(dev, cap, (v | 1u << 31) & ~(1u << 30));
	wr(p, IVAR, 8);	       /* receive queue 0 -> entry 0, nothing else */
	wr(p, EIAC, 1u << 20); /* cleared and masked when signalled */
	wr(p, IMS, 1u << 20);
}

static void
port_init(struct port *p, int n, unsigned dev)
{
	unsigned i;

	p->reg = (void *)(uintptr_t)(pci_rd(dev, 0x10) & ~0xfu);
	pci_wr(dev, 4, pci_rd(dev, 4) | 0x406);
	wr(p, IMC, ~0u);
	wr(p, CTRL, rd(p, CTRL) | 1u << 26);
	while (rd(p, CTRL) & 1u << 26)
		;
	wr(p, IMC, ~0u);
	wr(p, CTRL, rd(p, CTRL) | 1u << 6);
	p->rx = rxring[n];
	p->tx = txring[n];
	for (i = 0; i < N; i++)
		p->rx[i].addr = (uintptr_t)freelist[--nfree];
	wr(p, RXCSUM, rxcsum ? 0x300 : 0);
	wr(p, RDBAL, (uintptr_t)p->rx);
	wr(p, RDBAH, 0);
	wr(p, RDLEN, sizeof rxring[0]);
	wr(p, RDH, 0);
	wr(p, TDBAL, (uintptr_t)p->tx);
	wr(p, TDBAH, 0);
	wr(p, TDLEN, sizeof txring[0]);
	wr(p, TDH, 0);
	wr(p, TDT, 0);
	wr(p, TIPG, 0x602006);
	wr(p, TCTL, 0x4010a);
	for (i = 0; i < 6; i++)
		p->mac[i] = rd(p, 0x5400 + (i & 4)) >> (i & 3) * 8;
	if (use_intr)
		msix_on(p, dev, 0x40 + n);
	wr(p, RCTL, 1u << 26 | 1u << 15 | 1u << 4 | 1u << 3 | 1u << 1);
	wr(p, RDT, N - 1);
	while (!(rd(p, STATUS) & 2))
		;
}

/* ---- the work ----------------------------------------------------------- */

enum job { FWD, L3, RX, TX };

static uint8_t route[1 << 16]; /* top 16 address bits -> next hop + 1 */
static struct {
	uint8_t mac[6];
	uint8_t port;
} hop[4];

/* Rewrite for forwarding; returns the output port, or -1 to drop. */
static inline int
l3_step(uint8_t *f, unsigned len)
{
	uint32_t sum, h;

	if (len < 34 || *(uint16_t *)(f + 12) != 8 || f[14] != 0x45 ||
	    f[22] <= 1)
		return -1;
	sum = (uint32_t) * (uint16_t *)(f + 14) + *(uint16_t *)(f + 16) +
	      *(uint16_t *)(f + 18) + *(uint16_t *)(f + 20) +
	      *(uint16_t *)(f + 22) + *(uint16_t *)(f + 24) +
	      *(uint16_t *)(f + 26) + *(uint16_t *)(f + 28) +
	      *(uint16_t *)(f + 30) + *(uint16_t *)(f + 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	if (sum != 0xffff)
		return -1;
	h = route[f[33] | f[32] << 8]; /* stands for a lookup */
	if (!h)
		return -1;
	f[22]--;
	sum = *(uint16_t *)(f + 24) + 1;
	*(uint16_t *)(f + 24) = sum + (sum >> 16);
	*(uint32_t *)f = *(uint32_t *)hop[h].mac;
	*(uint16_t *)(f + 4) = *(uint16_t *)(hop[h].mac + 4);
	*(uint32_t *)(f + 6) = *(uint32_t *)port[hop[h].port].mac;
	*(uint16_t *)(f + 10) = *(uint16_t *)(port[hop[h].port].mac + 4);
	return hop[h].port;
}

static inline void
tx_clean(struct port *p)
{
	while (p->tx_used && (p->tx[p->tx_done].status & 1)) {
		p->tx[p->tx_done].status = 0;
		if (p->tx_buf[p->tx_done])
			freelist[nfree++] = p->tx_buf[p->tx_done];
		p->tx_done = (p->tx_done + 1) % N;
		p->tx_used--;
	}
}

static inline void
tx_put(struct port *p, void *buf, unsigned len, bool keep)
{
	volatile struct txd *t = &p->tx[p->tx_next];

	t->addr = (uintptr_t)buf;
	t->len = len;
	t->cmd = 0x0b; /* EOP, IFCS, RS */
	t->status = 0;
	p->tx_buf[p->tx_next] = keep ? NULL : buf;
	p->tx_next = (p->tx_next + 1) % N;
	p->tx_used++;
}

/* One visit to a receive ring; returns frames taken. */
static inline unsigned
visit(struct port *in, struct port *other, enum job job)
{
	unsigned n = 0, i = in->rx_next, sent = 0;

	while (n < batch && (in->rx[i].status & 1)) {
		void *b = (void *)(uintptr_t)in->rx[i].addr;
		unsigned len = in->rx[i].len;
		bool send = job == FWD || (job == L3 && l3_step(b, len) >= 0);

		if (send && other->tx_used < N - 1 && nfree) {
			tx_put(other, b, len, false);
			in->rx[i].addr = (uintptr_t)freelist[--nfree];
			sent++;
		}
		in->rx[i].status = 0;
		i = (i + 1) % N;
		n++;
	}
	if (n) {
		in->rx_next = i;
		if (sent) {
			wr(other, TDT, other->tx_next);
			tx_clean(other);
		}
		wr(in, RDT, (i + N - 1) % N);
	}
	return n;
}

static __attribute__((noinline)) void
run(enum job job)
{
	if (job == TX) {
		for (;;) {
			struct port *p = &port[1];

			tx_clean(p);
			for (unsigned k = 0; k < batch && p->tx_used < N - 1;
			     k++)
				tx_put(p, bufs[0], 60, true);
			wr(p, TDT, p->tx_next);
		}
	}
	for (;;) {
		unsigned n;

		if (use_intr) {
			asm volatile("cli");
			while (!pending[0] && !pending[1])
				asm volatile("sti; hlt; cli" ::: "memory");
			asm volatile("sti");
		}
		do {
			n = 0;
			if (job == L3) {
				n += visit(&port[0], &port[1], L3);
				n += visit(&port[1], &port[0], L3);
			} else if (job == FWD) {
				n += visit(&port[0], &port[1], FWD);
				n += visit(&port[1], &port[0], FWD);
			} else {
				n += visit(&port[0], &port[1], RX);
			}
		} while (n);
		for (unsigned k = 0; use_intr && k < 2; k++)
			if (pending[k]) {
				pending[k] = 0;
				wr(&port[k], IMS, 1u << 20);
			}
	}
}

/* ---- copying and summing ------------------------------------------------ */

typedef uint64_t v2 __attribute__((vector_size(16), aligned(1)));

#define NOINL static __attribute__((noinline))
NOINL void
c_movsb(void *d, const void *s, size_t n)
{
	asm volatile("rep movsb" : "+D"(d), "+S"(s), "+c"(n)::"memory");
}
NOINL void
c_movsq(void *d, const void *s, size_t n)
{
	n /= 8;
	asm volatile("rep movsq" : "+D"(d), "+S"(s), "+c"(n)::"memory");
}
NOINL void
c_byte(void *d, const void *s, size_t n)
{
	uint8_t *p = d;
	const uint8_t *q = s;
	for (size_t i = 0; i < n; i++) {
		p[i] = q[i];
		asm volatile("" ::: "memory");
	}
}
NOINL void
c_u64(void *d, const void *s, size_t n)
{
	uint64_t *p = d;
	const uint64_t *q = s;
	for (size_t i = 0; i < n / 8; i++) {
		p[i] = q[i];
		asm volatile("" ::: "memory");
	}
}
NOINL void
c_u64x8(void *d, const void *s, size_t n)
{
	uint64_t *p = d;
	const uint64_t *q = s;

	for (; n >= 64; n -= 64, p += 8, q += 8) {
		uint64_t a = q[0], b = q[1], c = q[2], e = q[3];

		p[0] = a;
		p[1] = b;
		p[2] = c;
		p[3] = e;
		a = q[4];
		b = q[5];
		c = q[6];
		e = q[7];
		p[4] = a;
		p[5] = b;
		p[6] = c;
		p[7] = e;
		asm volatile("" ::: "memory");
	}
}
NOINL void
c_sse(void *d, const void *s, size_t n)
{
	for (; n >= 64; n -= 64, d = (char *)d + 64, s = (const char *)s + 64)
		asm volatile("movdqu (%1),%%xmm0; movdqu 16(%1),%%xmm1; movdqu "
			     "32(%1),%%xmm2; movdqu 48(%1),%%xmm3;"
			     "movdqu %%xmm0,(%0); movdqu %%xmm1,16(%0); movdqu "
			     "%%xmm2,32(%0); movdqu %%xmm3,48(%0)" ::"r"(d),
			     "r"(s)
			     : "memory");
}

NOINL uint64_t
s_u16(const void *s, size_t n)
{
	const uint16_t *p = s;
	uint64_t t = 0;
	for (size_t i = 0; i < n / 2; i++) {
		t += p[i];
		asm volatile("" : "+r"(t));
	}
	return t;
}
NOINL uint64_t
s_u32(const void *s, size_t n)
{
	const uint32_t *p = s;
	uint64_t t = 0;
	for (size_t i = 0; i < n / 4; i++) {
		t += p[i];
		asm volatile("" : "+r"(t));
	}
	return t;
}
NOINL uint64_t
s_u32x8(const void *s, size_t n)
{
	const uint32_t *p = s;
	uint64_t a = 0, b = 0;

	for (; n >= 32; n -= 32, p += 8) {
		a += p[0];
		b += p[1];
		a += p[2];
		b += p[3];
		a += p[4];
		b += p[5];
		a += p[6];
		b += p[7];
		asm volatile("" : "+r"(a), "+r"(b));
	}
	return a + b;
}
NOINL uint64_t
s_split64(const void *s, size_t n) /* 64-bit loads, two halves */
{
	const uint64_t *p = s;
	uint64_t a = 0, b = 0;

	for (; n >= 32; n -= 32, p += 4) {
		uint64_t w = p[0], x = p[1], y = p[2], z = p[3];

		a += (uint32_t)w;
		b += w >> 32;
		a += (uint32_t)x;
		b += x >> 32;
		a += (uint32_t)y;
		b += y >> 32;
		a += (uint32_t)z;
		b += z >> 32;
		asm volatile("" : "+r"(a), "+r"(b));
	}
	return a + b;
}
NOINL uint64_t
s_carry(const void *s, size_t n) /* 64-bit add, carry by compare */
{
	const uint64_t *p = s;
	uint64_t t = 0;

	for (; n >= 32; n -= 32, p += 4) {
		for (int k = 0; k < 4; k++) {
			uint64_t v = p[k];

			t += v;
			t += t < v;
		}
		asm volatile("" : "+r"(t));
	}
	return t;
}
NOINL uint64_t
s_adc(const void *s, size_t n)
{
	uint64_t t = 0;

	for (; n >= 32; n -= 32, s = (const char *)s + 32)
		asm volatile("addq (%1),%0; adcq 8(%1),%0; adcq 16(%1),%0; "
			     "adcq 24(%1),%0; adcq $0,%0"
			     : "+r"(t)
			     : "r"(s)
			     : "cc", "memory");
	return t;
}
NOINL uint64_t
s_sse(const void *s, size_t n) /* unpack 32->64 and add, two lanes */
{
	v2 t = { 0, 0 };

	asm volatile("pxor %%xmm7,%%xmm7; pxor %%xmm6,%%xmm6" ::: "memory");
	for (; n >= 32; n -= 32, s = (const char *)s + 32)
		asm volatile("movdqu (%0),%%xmm0; movdqa %%xmm0,%%xmm1; "
			     "punpckldq %%xmm7,%%xmm0;"
			     "punpckhdq %%xmm7,%%xmm1; paddq %%xmm0,%%xmm6; "
			     "paddq %%xmm1,%%xmm6;"
			     "movdqu 16(%0),%%xmm0; movdqa %%xmm0,%%xmm1; "
			     "punpckldq %%xmm7,%%xmm0;"
			     "punpckhdq %%xmm7,%%xmm1; paddq %%xmm0,%%xmm6; "
			     "paddq %%xmm1,%%xmm6" ::"r"(s)
			     : "memory");
	asm volatile("movdqu %%xmm6,%0" : "=m"(t));
	return t[0] + t[1];
}

static void
mem_test(void)
{
	static const struct {
		const char *name;
		void (*f)(void *, const void *, size_t);
	} copies[] = { { "copy rep movsb", c_movsb },
		       { "copy rep movsq", c_movsq },
		       { "copy byte loop", c_byte },
		       { "copy u64 loop", c_u64 },
		       { "copy u64 x8 unrolled", c_u64x8 },
		       { "copy sse x4", c_sse } };
	static const struct {
		const char *name;
		uint64_t (*f)(const void *, size_t);
	} sums[] = { { "sum u16 loop", s_u16 },
		     { "sum u32 loop", s_u32 },
		     { "sum u32 x8", s_u32x8 },
		     { "sum u64 split x4", s_split64 },
		     { "sum u64 cmp-carry x4", s_carry },
		     { "sum adc x4", s_adc },
		     { "sum sse2 x2", s_sse } };
	static const unsigned lens[] = { 64, 1536 };

	for (unsigned l = 0; l < 2; l++) {
		unsigned rounds = l ? 20000 : 200000;

		for (unsigned i = 0; i < sizeof copies / sizeof *copies; i++) {
			uint64_t t;

			copies[i].f(bufs[4], bufs[1], lens[l]);
			t = rdtsc();
			for (unsigned k = 0; k < rounds; k++)
				copies[i].f(bufs[4], bufs[1], lens[l]);
			t = rdtsc() - t;
			puts(copies[i].name);
			puts(" len ");
			putn(lens[l]);
			puts(" mcycles/byte ");
			putn(t * 1000 / ((uint64_t)rounds * lens[l]));
			puts("\n");
		}
		for (unsigned i = 0; i < sizeof sums / sizeof *sums; i++) {
			uint64_t t, x;

			x = sums[i].f(bufs[1], lens[l]);
			t = rdtsc();
			for (unsigned k = 0; k < rounds; k++)
				x += sums[i].f(bufs[1], lens[l]);
			t = rdtsc() - t;
			asm volatile("" ::"r"(x));
			puts(sums[i].name);
			puts(" len ");
			putn(lens[l]);
			puts(" mcycles/byte ");
			putn(t * 1000 / ((uint64_t)rounds * lens[l]));
			puts("\n");
		}
	}
	puts("MEM DONE\n");
}

int
main(void)
{
	const char *cmd = NULL;
	const uint32_t *mb = (void *)(uintptr_t)mb_info;
	struct __attribute__((packed)) {
		uint16_t n;
		uint64_t a;
	} idtr = { sizeof idt - 1, (uintptr_t)idt };
	volatile uint32_t *lapic = (void *)0xfee00000;
	unsigned found = 0, i;

	if (mb[0] & 4)
		cmd = (void *)(uintptr_t)mb[4];
	use_intr = word(cmd, "intr");
	rxcsum = word(cmd, "rxcsum");
	for (i = 1; i <= 128; i *= 2)
		if ((i == 1 && word(cmd, "batch=1 ")) ||
		    (i == 8 && word(cmd, "batch=8")) ||
		    (i == 32 && word(cmd, "batch=32")) ||
		    (i == 128 && word(cmd, "batch=128")))
			batch = i;
	if (word(cmd, "mem")) {
		mem_test();
		return 0;
	}
	for (i = 0; i < NBUF; i++)
		freelist[nfree++] = bufs[i];
	outb(0x21, 0xff);
	outb(0xa1, 0xff);
	set_gate(0x40, isr0);
	set_gate(0x41, isr1);
	asm volatile("lidt %0" ::"m"(idtr));
	lapic[0xf0 / 4] = 0x1ff;
	for (i = 0; i < 32 && found < 2; i++)
		if (pci_rd(i, 0) == 0x10d38086) {
			port_init(&port[found], found, i);
			found++;
		}
	/* a fixed table: 10.0.2/24 by port 1, 10.0.1/24 by port 0 */
	route[2 << 8 | 100] = route[2 << 8 | 2] = 1;
	route[1 << 8 | 100] = route[1 << 8 | 2] = 2;
	memcpy(hop[1].mac, "\x02\xbe\x7c\x00\x00\x0b", 6);
	memcpy(hop[2].mac, "\x02\xbe\x7c\x00\x00\x0a", 6);
	hop[1].port = 1;
	hop[2].port = 0;
	memset(bufs[0], 0xff, 12);
	for (i = 0; i < 2; i++)
		memset(bufs[0] + 12, 0x88, 48);
	puts("NULLFWD READY ports ");
	putn(found);
	puts("\n");
	run(word(cmd, "l3")   ? L3
	    : word(cmd, "rx") ? RX
	    : word(cmd, "tx") ? TX
			      : FWD);
	return 0;
}

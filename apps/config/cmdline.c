/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The boot loader's words. ip= has the fields of Linux's
 * (Documentation/admin-guide/nfs/nfsroot); what cannot be obeyed, dhcp say, is
 * reported, never dropped in silence.
 */
#include "apps/box.h"
#include "apps/config/config.h"
#include "lib/port.h"
#include "lib/str.h"
#include "net/net.h"

#define SOURCE "cmdline"

/* Words that others read, or that loaders add; a "=" ends a prefix. */
static const char *const others[] = {
	"console=",    "panic=",  "loglevel=", "pci=",
	"BOOT_IMAGE=", "initrd=", "--",
};

struct words {
	struct config *config;
	const char *cmdline;
	size_t column; /* of the word, from 0 */
	bool is_cut;   /* it was longer than a line may be */
	uint32_t errors;
};

static void
wrong(struct words *words, const char *kind, const char *sentence,
      const char *word)
{
	out_printf(words->config->report, SOURCE ":1:%zu: %s: %s \"%s\"\n",
		   words->column + 1, kind, sentence, word);
	words->errors++;
}

/* Runs a line that stands for (a part of) the word. */
static bool
run(struct words *words, const char *line)
{
	struct config *config = words->config;
	uint32_t before = config->error_count, errors;
	unsigned int sources = config->shell.box->source_count;

	errors = config_load(config, SOURCE, line, strlen(line));
	/* It is one source, not one for each line. */
	config->shell.box->source_count = sources;
	config->error_count = before;
	words->errors += errors;
	return errors == 0;
}

/* Dotted ("255.255.255.0") or a length ("24"). */
static bool
parse_mask(const char *text, uint32_t *len)
{
	uint32_t mask;

	if (strchr(text, '.') == NULL)
		return str_u32(text, len) && *len <= 32;
	if (!str_ipv4(text, &mask) || (~mask & (~mask + 1)) != 0)
		return false;
	*len = mask == 0 ? 0 : 32 - (uint32_t)__builtin_ctz(mask);
	return true;
}

/* What a class would have made of it, for those who give no mask. */
static uint32_t
default_len(uint32_t addr)
{
	return addr >> 31 == 0 ? 8 : addr >> 30 == 2 ? 16 : 24;
}

enum {
	IP_CLIENT,
	IP_SERVER,
	IP_GATEWAY,
	IP_MASK,
	IP_HOST,
	IP_DEVICE,
	IP_AUTO,
	IP_FIELDS
};

/* Cuts "a:b:c" in place; fields that are not there are empty. */
static void
split(char *text, char *field[IP_FIELDS])
{
	char *empty = text + strlen(text); /* fields not given */

	for (unsigned int i = 0; i < IP_FIELDS; i++) {
		field[i] = text != NULL ? text : empty;
		text = text != NULL ? strchr(text, ':') : NULL;
		if (text != NULL)
			*text++ = '\0';
	}
}

static void
ip_word(struct words *words, const char *value)
{
	char text[128], line[128], *field[IP_FIELDS];
	uint32_t addr, len;
	const char *dev;

	if (str_copy(text, value, sizeof(text)) >= sizeof(text)) {
		wrong(words, "error", "ip= is too long", value);
		return;
	}
	split(text, field);
	if (!str_ipv4(field[IP_CLIENT], &addr)) {
		wrong(words, "error",
		      "ip=ADDR::GATEWAY:MASK:HOSTNAME:DEVICE is expected "
		      "rather than",
		      value);
		return;
	}
	len = default_len(addr);
	if (field[IP_MASK][0] != '\0' && !parse_mask(field[IP_MASK], &len)) {
		wrong(words, "error", "a mask is expected rather than",
		      field[IP_MASK]);
		return;
	}
	if (field[IP_AUTO][0] != '\0' && strcmp(field[IP_AUTO], "none") != 0 &&
	    strcmp(field[IP_AUTO], "off") != 0)
		wrong(words, "error", "there is no autoconfiguration by",
		      field[IP_AUTO]);
	dev = field[IP_DEVICE][0] != '\0' ? field[IP_DEVICE] : "eth0";
	fmt_print(line, sizeof(line), "ip addr replace %pI4/%u dev %s", &addr,
		  len, dev);
	if (!run(words, line))
		return;
	fmt_print(line, sizeof(line), "ip link set %s up", dev);
	if (!run(words, line))
		return;
	if (field[IP_GATEWAY][0] != '\0') {
		fmt_print(line, sizeof(line),
			  "ip route replace default via %s dev %s",
			  field[IP_GATEWAY], dev);
		run(words, line);
	}
	if (field[IP_HOST][0] != '\0') {
		fmt_print(line, sizeof(line), "hostname %s", field[IP_HOST]);
		run(words, line);
	}
}

/* conf="ip ...; sysctl ...": commands, each with its own mistakes. */
static void
conf_word(struct words *words, const char *value)
{
	run(words, value);
}

static bool
is_others(const char *word)
{
	size_t len;

	for (unsigned int i = 0; i < array_len(others); i++) {
		len = strlen(others[i]);
		if (others[i][len - 1] == '=' ? str_starts(word, others[i])
					      : strcmp(word, others[i]) == 0)
			return true;
	}
	return false;
}

static void
one_word(struct words *words, const char *word)
{
	struct box *box = words->config->shell.box;

	if (words->is_cut) {
		wrong(words, "error", "this word is too long:", word);
	} else if (str_starts(word, "ip=")) {
		ip_word(words, word + strlen("ip="));
	} else if (str_starts(word, "app=")) {
		if (!box_set_app(box, word + strlen("app=")))
			wrong(words, "error",
			      "app=router, app=echo or app=agent is expected "
			      "rather than",
			      word);
	} else if (str_starts(word, "hostname=")) {
		if (!box_set_hostname(box, word + strlen("hostname=")))
			wrong(words, "error", "this is no host name:", word);
	} else if (str_starts(word, "conf=")) {
		conf_word(words, word + strlen("conf="));
	} else if (!is_others(word)) {
		wrong(words, "warning", "unknown word", word);
	}
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The next word without its quotes; false at the end. */
static bool
next_word(struct words *words, size_t *at, char *word, size_t size)
{
	const char *text = words->cmdline;
	bool quoted = false;
	size_t len = 0;

	while (is_blank(text[*at]))
		*at += 1;
	words->column = *at;
	words->is_cut = false;
	if (text[*at] == '\0')
		return false;
	for (; text[*at] != '\0' && (quoted || !is_blank(text[*at]));
	     *at += 1) {
		if (text[*at] == '"')
			quoted = !quoted;
		else if (len + 1 < size)
			word[len++] = text[*at];
		else
			words->is_cut = true;
	}
	word[len] = '\0';
	return true;
}

uint32_t
config_cmdline(struct config *config, const char *cmdline)
{
	struct words words = { .config = config, .cmdline = cmdline };
	struct box *box = config->shell.box;
	char word[SHELL_LINE_MAX];
	uint32_t count = 0;
	size_t at = 0;

	for (; next_word(&words, &at, word, sizeof(word)); count++)
		one_word(&words, word);
	if (count > 0 && box->source_count < BOX_SOURCES_MAX)
		box->source[box->source_count++] =
			(struct box_source){ .name = SOURCE,
					     .line_count = 1,
					     .error_count = words.errors };
	config->error_count += words.errors;
	return words.errors;
}

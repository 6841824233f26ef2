/* SPDX-License-Identifier: BSD-2-Clause */
/* apps/console/editor.c, screen.c: keys make lines, and the screen shows them.
 */
#include "tests/host/test.h"

#include "apps/console/editor.h"
#include "lib/hash.h"
#include "lib/port.h"
#include "tests/unit/apps/console/vt.h"

struct rig {
	struct editor editor;
	struct history history;
	struct keys keys;
	struct vt vt;
	struct out out;
	uint64_t now;
	int lines;
	char line[EDITOR_LINE_MAX]; /* the last one entered */
};

static void
rig_write(struct out *out, const char *text, size_t len)
{
	vt_write(&container_of(out, struct rig, out)->vt, text, len);
}

static void
rig_init(struct rig *rig, int cols, bool plain)
{
	memset(rig, 0, sizeof(*rig));
	vt_init(&rig->vt, cols, plain);
	rig->out.write = rig_write;
	history_init(&rig->history);
	keys_init(&rig->keys);
	editor_init(&rig->editor, &rig->out, &rig->history);
	rig->editor.prompt = "box# ";
	rig->editor.plain = plain;
	rig->editor.columns = (uint16_t)cols;
	editor_start(&rig->editor);
}

static enum edit
rig_byte(struct rig *rig, uint8_t byte)
{
	struct key key = keys_byte(&rig->keys, byte, rig->now);
	enum edit edit = editor_key(&rig->editor, &key);

	if (edit == EDIT_LINE) {
		memcpy(rig->line, rig->editor.line, sizeof(rig->line));
		rig->lines++;
		history_add(&rig->history, rig->line);
		editor_start(&rig->editor);
	} else if (edit == EDIT_INTERRUPT) {
		editor_start(&rig->editor);
	}
	return edit;
}

/* Types bytes; what was entered last. */
static const char *
type(struct rig *rig, const char *bytes)
{
	for (; *bytes != '\0'; bytes++)
		rig_byte(rig, (uint8_t)*bytes);
	return rig->line;
}

#define UP    "\033[A"
#define DOWN  "\033[B"
#define RIGHT "\033[C"
#define LEFT  "\033[D"

static void
test_emacs_keys(void **state)
{
	static const struct {
		const char *keys, *line;
	} table[] = {
		{ "hello\r", "hello" },
		{ "ello\001h\r", "hello" },		  /* ^A */
		{ "hllo\001\006e\r", "hello" },		  /* ^F */
		{ "helo\002l\r", "hello" },		  /* ^B */
		{ "xhello\001\004\r", "hello" },	  /* ^D */
		{ "hellox\b\r", "hello" },		  /* ^H */
		{ "hellox\177\r", "hello" },		  /* DEL */
		{ "a b c\027d\r", "a b d" },		  /* ^W */
		{ "a b-c\033\177d\r", "a b-d" },	  /* M-DEL */
		{ "one two\001\033d\005!\r", " two!" },	  /* M-d */
		{ "one two\025three\r", "three" },	  /* ^U */
		{ "one two\001\013three\r", "three" },	  /* ^K */
		{ "one\025two \031\r", "two one" },	  /* ^Y */
		{ "a b c\027\027\027x\031\r", "xa b c" }, /* kills join */
		{ "ehllo\001\006\024\r", "hello" },	  /* ^T */
		{ "ab\024\r", "ba" },
		{ "one two\001\033u\r", "ONE two" },	  /* M-u */
		{ "ONE TWO\001\033l\r", "one TWO" },	  /* M-l */
		{ "one two\001\033c\033c\r", "One Two" }, /* M-c */
		{ "one two\033b!\r", "one !two" },	  /* M-b */
		{ "one two\001\033f!\r", "one! two" },	  /* M-f */
		{ "helo" LEFT "l\r", "hello" },
		{ "helo" LEFT LEFT RIGHT "l\r", "hello" },
		{ "helo\033OD"
		  "l\r",
		  "hello" }, /* SS3 */
		{ "ello\033[Hh\033[F!\r", "hello!" },
		{ "ello\033[1~h\033[4~!\r", "hello!" },
		{ "xhello\033[H\033[3~\r", "hello" },
		{ "one two\033[1;5D!\r", "one !two" },
		{ "a\026?b\r", "a?b" }, /* ^V ? */
		{ "caf\303\251x\b\b\b\b\b\b\r", "" },
		{ "caf\303\251\002\002x\r", "caxf\303\251" },
		{ "hello\003\rx\r", "x" },		      /* ^C */
		{ "\033[99~\033Oz\033]0;title\007x\r", "x" }, /* noise */
		{ "a\tb\r", "ab" }, /* nobody completes here */
	};
	static const bool plain[] = { false, true };

	for (unsigned int p = 0; p < 2; p++) {
		for (size_t i = 0; i < array_len(table); i++) {
			struct rig rig;

			rig_init(&rig, 80, plain[p]);
			assert_string_equal(type(&rig, table[i].keys),
					    table[i].line);
		}
	}
}

static void
test_line_ends(void **state)
{
	static const char *const ends[] = { "\r", "\n", "\r\n" };
	struct rig rig;

	for (size_t i = 0; i < array_len(ends); i++) {
		rig_init(&rig, 80, true);
		type(&rig, "a");
		type(&rig, ends[i]);
		type(&rig, "b");
		assert_string_equal(type(&rig, ends[i]), "b");
		assert_int_equal(rig.lines, 2);
	}
	/* CR NUL, as telnet has it. */
	rig_init(&rig, 80, true);
	rig_byte(&rig, '\r');
	rig_byte(&rig, '\0');
	rig_byte(&rig, '\n');
	assert_int_equal(rig.lines, 2);
}

static void
test_history(void **state)
{
	struct rig rig;

	rig_init(&rig, 80, false);
	type(&rig, "ip addr\rping x\rip route\r");
	assert_string_equal(type(&rig, UP "\r"), "ip route");
	assert_string_equal(type(&rig, UP UP "\r"), "ping x");
	assert_string_equal(type(&rig, UP UP DOWN "\r"), "ping x");
	/* Only lines that begin as this one. */
	assert_string_equal(type(&rig, "ip" UP UP "\r"), "ip addr");
	/* Back to one's own. */
	assert_string_equal(type(&rig, "mine" UP DOWN "\r"), "mine");
	assert_string_equal(type(&rig, "own\020\016 x\r"), "own x");
	/* The last word of the line before. */
	type(&rig, "echo word\r");
	assert_string_equal(type(&rig, "ping \033.\r"), "ping word");
}

static void
test_search(void **state)
{
	struct rig rig;

	rig_init(&rig, 80, false);
	type(&rig, "ip addr\rping x\rip route\r");
	assert_string_equal(type(&rig, "\022addr\r"), "ip addr");
	assert_string_equal(type(&rig, "\022ip\022\r"), "ip route");
	assert_string_equal(type(&rig, "keep\022ping\007\r"), "keep");
	assert_string_equal(type(&rig, "\022ping\005 y\r"), "ping x y");
	type(&rig, "\022rou");
	assert_string_equal(vt_row(&rig.vt, rig.vt.row),
			    "(reverse-i-search)`rou': ip route");
}

static void
test_a_full_line_rings(void **state)
{
	struct rig rig;

	rig_init(&rig, 80, true);
	for (unsigned int i = 0; i < 5000; i++)
		rig_byte(&rig, 'x');
	assert_int_equal(rig.vt.bells, 5000 - (EDITOR_LINE_MAX - 1));
	type(&rig, "\r");
	assert_int_equal(strlen(rig.line), EDITOR_LINE_MAX - 1);
}

static void
test_question_marks(void **state)
{
	struct rig rig;

	rig_init(&rig, 80, true);
	assert_int_equal(rig_byte(&rig, '?'), EDIT_LIST);
	type(&rig, "ip ");
	assert_int_equal(rig_byte(&rig, '?'), EDIT_LIST);
	/* But these are characters. */
	assert_string_equal(type(&rig, "\025echo $?\r"), "echo $?");
	assert_string_equal(type(&rig, "echo \"a?\"\r"), "echo \"a?\"");
	assert_string_equal(type(&rig, "ip r | grep 1?\r"), "ip r | grep 1?");
	assert_string_equal(type(&rig, "echo \\?\r"), "echo \\?");
}

/* What the screen should show from the prompt's row on. */
static void
check_screen(struct rig *rig, int first_row)
{
	char want[EDITOR_LINE_MAX + 16], shown[EDITOR_LINE_MAX + 16];
	struct editor *e = &rig->editor;
	size_t n = 0, column = strlen(e->prompt), end;

	snprintf(want, sizeof(want), "%s", e->prompt);
	n = strlen(want);
	for (size_t i = 0; i < e->len; i++) {
		if (((unsigned char)e->line[i] & 0xc0) == 0x80)
			continue;
		want[n++] = e->line[i];
		column += i < e->cursor;
	}
	want[n] = '\0';
	end = n;
	for (n = 0; n < end; n++)
		shown[n] = rig->vt.cell[first_row + (int)n / rig->vt.cols]
				       [(int)n % rig->vt.cols];
	shown[n] = '\0';
	assert_string_equal(shown, want);
	for (; n % (size_t)rig->vt.cols != 0; n++)
		assert_int_equal(rig->vt.cell[first_row + (int)n / rig->vt.cols]
					     [(int)n % rig->vt.cols],
				 ' ');
	assert_int_equal(rig->vt.row, first_row + (int)column / rig->vt.cols);
	assert_int_equal(rig->vt.col, (int)column % rig->vt.cols);
	assert_false(rig->vt.hanging);
}

static const char *const random_keys[] = {
	"a",	    "b",
	" ",	    "c d",
	"\303\251", "\001",
	"\005",	    "\002",
	"\006",	    "\b",
	"\004",	    "\027",
	"\025",	    "\013",
	"\031",	    "\024",
	"\033b",    "\033f",
	"\033d",    UP,
	DOWN,	    LEFT,
	RIGHT,	    "\033u",
	"\033.",    "long text that fills rows ",
};

/* On a terminal the screen agrees with the line after every key. */
static void
test_the_screen_agrees(void **state)
{
	struct rig rig;

	for (uint32_t seed = 0; seed < 300; seed++) {
		uint8_t bytes[32] = { (uint8_t)seed, (uint8_t)(seed >> 8) };
		int cols = 20 + (int)(seed % 41);
		struct random random;

		random_init(&random, bytes);
		rig_init(&rig, cols, false);
		type(&rig, "first line\rthe second, which is longer\r");
		/* A prompt on a row of its own, at the top. */
		vt_init(&rig.vt, cols, false);
		editor_start(&rig.editor);
		for (unsigned int i = 0; i < 100 && rig.editor.len < 400; i++) {
			type(&rig,
			     random_keys[random_below(&random,
						      array_len(random_keys))]);
			check_screen(&rig, 0);
		}
	}
}

/* On a dumb terminal too, as long as the line fits; the cursor always does. */
static void
test_the_plain_screen_agrees(void **state)
{
	struct rig rig;

	for (uint32_t seed = 0; seed < 300; seed++) {
		uint8_t bytes[32] = { (uint8_t)seed, 7 };
		struct random random;
		char under, want;

		random_init(&random, bytes);
		rig_init(&rig, 60, true);
		type(&rig, "first line\rthe second\r");
		for (unsigned int i = 0; i < 60; i++) {
			type(&rig,
			     random_keys[random_below(&random,
						      array_len(random_keys))]);
			if (rig.editor.len + 6 < 60)
				check_screen(&rig, rig.vt.row);
			under = rig.vt.cell[rig.vt.row][rig.vt.col];
			want = rig.editor.cursor < rig.editor.len
				       ? rig.editor.line[rig.editor.cursor]
				       : ' ';
			if (!rig.vt.hanging)
				assert_int_equal(under, want);
		}
	}
}

/* Scripts see what they type, and nothing else. */
static void
test_plain_echo_is_exact(void **state)
{
	char text[600];
	struct out_buf buf;
	struct editor editor;
	struct history history;
	char line[300];

	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	out_buf_init(&buf, text, sizeof(text));
	history_init(&history);
	editor_init(&editor, &buf.out, &history);
	editor.prompt = "box# ";
	editor_start(&editor);
	for (size_t i = 0; i < strlen(line); i++) {
		struct key key = { .kind = KEY_TEXT, .text = "x" };

		editor_key(&editor, &key);
	}
	assert_int_equal(buf.len, 5 + strlen(line));
	assert_string_equal(text + 5, line);
	/* Erasing is BS, blank, BS. */
	out_buf_init(&buf, text, sizeof(text));
	editor_start(&editor);
	editor_key(&editor, &(struct key){ .kind = KEY_TEXT, .text = "y" });
	editor_key(&editor, &(struct key){ .kind = KEY_ERASE });
	assert_string_equal(text, "box# y\b \b");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_emacs_keys),
		cmocka_unit_test(test_line_ends),
		cmocka_unit_test(test_history),
		cmocka_unit_test(test_search),
		cmocka_unit_test(test_a_full_line_rings),
		cmocka_unit_test(test_question_marks),
		cmocka_unit_test(test_the_screen_agrees),
		cmocka_unit_test(test_the_plain_screen_agrees),
		cmocka_unit_test(test_plain_echo_is_exact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

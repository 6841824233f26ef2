/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A small terminal for tests: what bytes make of a screen. Knows what
 * apps/console/screen.c uses and fails on anything else; scrolls at the bottom;
 * hangs at the right edge until something follows, as terminals do.
 */
#pragma once

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "tests/host/test.h"

#define VT_ROWS	    40
#define VT_COLS_MAX 200

struct vt {
	int cols;
	char cell[VT_ROWS][VT_COLS_MAX + 1];
	int row, col;
	bool hanging;
	int saved_row, saved_col;
	char answer[64]; /* what it would send back */
	int bells;
	bool plain; /* an escape sequence is a failure */
	bool bracketed;
	char seq[32];
	int seq_len;
};

static inline void
vt_init(struct vt *vt, int cols, bool plain)
{
	memset(vt, 0, sizeof(*vt));
	vt->cols = cols;
	vt->plain = plain;
	for (int i = 0; i < VT_ROWS; i++)
		memset(vt->cell[i], ' ', VT_COLS_MAX);
}

static inline void
vt_down(struct vt *vt)
{
	if (vt->row + 1 < VT_ROWS) {
		vt->row++;
		return;
	}
	memmove(vt->cell[0], vt->cell[1], sizeof(vt->cell[0]) * (VT_ROWS - 1));
	memset(vt->cell[VT_ROWS - 1], ' ', VT_COLS_MAX);
}

static inline void
vt_clear_below(struct vt *vt)
{
	memset(vt->cell[vt->row] + vt->col, ' ',
	       (size_t)(VT_COLS_MAX - vt->col));
	for (int i = vt->row + 1; i < VT_ROWS; i++)
		memset(vt->cell[i], ' ', VT_COLS_MAX);
}

static inline void
vt_csi(struct vt *vt, const char *body, char final)
{
	int n = atoi(body), count = n > 0 ? n : 1;

	vt->hanging = false;
	switch (final) {
	case 'A': vt->row -= count; break;
	case 'B': vt->row += count; break;
	case 'C': vt->col += count; break;
	case 'J':
		if (n == 2)
			for (int i = 0; i < VT_ROWS; i++)
				memset(vt->cell[i], ' ', VT_COLS_MAX);
		else
			vt_clear_below(vt);
		break;
	case 'H':
		vt->row = vt->col = 0;
		if (n > 0) { /* as far as there is screen */
			vt->row = VT_ROWS - 1;
			vt->col = vt->cols - 1;
		}
		break;
	case 'n':
		snprintf(vt->answer, sizeof(vt->answer), "\033[%d;%dR",
			 vt->row + 1, vt->col + 1);
		break;
	case 'h': vt->bracketed = true; break;
	case 'm': break;
	default: fail_msg("unknown sequence ESC [ %s %c", body, final);
	}
	assert_in_range(vt->row, 0, VT_ROWS - 1);
	assert_in_range(vt->col, 0, vt->cols - 1);
}

static inline void
vt_char(struct vt *vt, char c)
{
	/* The tail of a character shares its column. */
	if (((unsigned char)c & 0xc0) == 0x80)
		return;
	if (vt->hanging) {
		vt->col = 0;
		vt_down(vt);
		vt->hanging = false;
	}
	vt->cell[vt->row][vt->col] = c;
	if (vt->col + 1 == vt->cols)
		vt->hanging = true;
	else
		vt->col++;
}

static inline void
vt_byte(struct vt *vt, char c)
{
	if (vt->seq_len > 0) {
		vt->seq[vt->seq_len++] = c;
		vt->seq[vt->seq_len] = '\0';
		if (vt->seq_len == 2 && c == '7') {
			vt->saved_row = vt->row;
			vt->saved_col = vt->col;
			vt->seq_len = 0;
		} else if (vt->seq_len == 2 && c == '8') {
			vt->row = vt->saved_row;
			vt->col = vt->saved_col;
			vt->seq_len = 0;
		} else if (vt->seq_len > 2 && c >= 0x40) {
			vt_csi(vt, vt->seq + 2, c);
			vt->seq_len = 0;
		}
		assert_true(vt->seq_len < 30);
		return;
	}
	switch (c) {
	case '\033':
		assert_false(vt->plain);
		vt->seq[0] = c;
		vt->seq_len = 1;
		break;
	case '\r':
		vt->col = 0;
		vt->hanging = false;
		break;
	case '\n': vt_down(vt); break;
	case '\b':
		if (vt->hanging)
			vt->hanging = false;
		else if (vt->col > 0)
			vt->col--;
		break;
	case '\a': vt->bells++; break;
	default: assert_true((unsigned char)c >= ' '); vt_char(vt, c);
	}
}

static inline void
vt_write(struct vt *vt, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		vt_byte(vt, text[i]);
}

/* A row without the blanks at its end. */
static inline const char *
vt_row(struct vt *vt, int row)
{
	static char text[VT_COLS_MAX + 1];
	int len = vt->cols;

	memcpy(text, vt->cell[row], (size_t)len);
	while (len > 0 && text[len - 1] == ' ')
		len--;
	text[len] = '\0';
	return text;
}

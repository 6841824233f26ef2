# SPDX-License-Identifier: BSD-2-Clause
# nm's list of a linked kernel in, the assembler source of its symbol table out
# (symbols.c reads it). Of several names for one address the first is kept. With
# no input it writes the empty table that the first link needs.
BEGIN {
	count = 0
}

$2 == "T" || $2 == "t" {
	if ($3 ~ /^__text_/ || $1 == last)
		next
	last = $1
	address[count] = $1
	name[count++] = $3
}

END {
	print "\t.section .rodata.symbols, \"a\", @progbits"
	print "\t.globl symbol_count, symbol_address, symbol_name, symbol_names"
	print "\t.balign 4"
	print "symbol_count:\n\t.long " count
	print "symbol_address:"
	for (i = 0; i < count; i++)
		print "\t.long 0x" address[i]
	print "symbol_name:"
	for (i = 0; i < count; i++)
		print "\t.long .Lname" i " - symbol_names"
	print "symbol_names:"
	for (i = 0; i < count; i++)
		print ".Lname" i ":\t.asciz \"" name[i] "\""
	print "\t.section .note.GNU-stack, \"\", @progbits"
}

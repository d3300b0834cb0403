/*
 * embed.S: the table of embedded files that embed.c searches. CMake writes the list, one line `blob NAME, FILE` for
 * each. An assembler includes two megabytes at once; a C compiler is slow.
 */
.macro blob name, file
    .section .rodata
    .balign 16
1:  .incbin "\file"
2:  .byte 0
3:  .asciz "\name"
    .section .data.rel.ro, "aw", %progbits
    .quad 3b, 1b, 2b - 1b
.endm

    .section .data.rel.ro, "aw", %progbits
    .balign 8
    .globl embed_entries
embed_entries:
#include "embed_list.inc"
    .section .data.rel.ro, "aw", %progbits
    .quad 0, 0, 0

    .section .note.GNU-stack, "", %progbits

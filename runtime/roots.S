/* roots.S: the file that runtime/static/mkroots.c wrote, as read-only data. */
    .section .rodata
    .balign 16
    .globl roots_data
roots_data:
    .incbin ROOTS_FILE
    .section .note.GNU-stack,"",%progbits

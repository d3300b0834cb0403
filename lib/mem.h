/* mem.h: allocation that never fails, and release by scope. */
#ifndef FIFOQ_MEM_H
#define FIFOQ_MEM_H

#include "macros.h"

#include <stddef.h>

/* Released when the variable leaves its scope; initialise it where it is declared. */
#define auto_free __attribute__((cleanup(free_ptr)))

/* Hand ownership out of a scope that would otherwise release it. */
#define steal(p)                                                                                   \
    __extension__({                                                                                \
        __auto_type stolen_ = (p);                                                                 \
        (p) = NULL;                                                                                \
        stolen_;                                                                                   \
    })

/* Call once, first thing in main: jansson then allocates here. */
void mem_init(void);

/* Keeps this process's memory out of core files; call it early in main. Children write cores only
 * where they raise the limit again. */
void mem_no_core(void);

/* Never NULL: when out of memory the program ends. Free with free(). */
void *xmalloc(size_t size);
void *xcalloc(size_t n, size_t size); /* zeroed */
void *xrealloc(void *p, size_t size);
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t n);
char *xasprintf(const char *fmt, ...) PRINTF(1, 2);
void free_ptr(void *pp); /* for auto_free: frees *pp */

/* free() that first overwrites the block; NULL is fine. jansson and curl release with it. */
void free_cleansed(void *p);
/* realloc() that leaves no old copy: the old block is overwritten. */
void *realloc_cleansed(void *old, size_t size);
/* For memory that held a secret: overwritten, then freed, when the variable leaves its scope. */
#define auto_secret __attribute__((cleanup(free_cleansed_ptr)))
void free_cleansed_ptr(void *pp);

#endif

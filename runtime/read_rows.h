/* read_rows.h: an object of settings.json into its struct, by the rows of settings_rows.h. */
#ifndef FIFOQ_READ_ROWS_H
#define FIFOQ_READ_ROWS_H

#include "settings_rows.h"

/* Fills what the rows name in *out, which is zeroed; roots: of its templates. ERR_CONFIG names the
 * member. *out needs rows_done in either case. */
CHECKED int rows_read(const struct setting *rows, const json_t *o,
                      const struct template_root *roots, void *out, struct err *e);
/* Frees the texts and templates. */
void rows_done(const struct setting *rows, void *out);
void rows_each_template(const struct setting *rows, const void *out,
                        void (*fn)(void *arg, const struct template *t), void *arg);

#endif

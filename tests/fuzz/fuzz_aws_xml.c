/* fuzz_aws_xml.c: any bytes as the XML answer of a Query service: an object, or an error of one
 * line. */
#include "aws_wire.h"
#include "json.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    auto_json json_t *v = NULL;
    struct err e = { 0 };

    if (aws_xml_parse((const char *)data, size, &v, &e) == 0) {
        if (!json_is_object(v))
            abort();
    } else if (v || e.code != ERR_PARSE || !e.msg[0] || strchr(e.msg, '\n')) {
        abort();
    }
    return 0;
}

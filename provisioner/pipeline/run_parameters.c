/* run_parameters.c: see run_parameters.h. */
#include "pipeline/run_parameters.h"

#include "aws_call.h"
#include "json.h"
#include "mem.h"

int run_parameters_remove(struct aws *a, const struct config *c, struct err *e)
{
    auto_free char *pause = config_pause_parameter(c);
    auto_json json_t *ask = json_pack("{s:s}", "Name", pause);

    /* read first, so that a run with nothing to delete sends no write */
    if (aws_call(a, &aws_ssm, "GetParameter", ask, NULL, e) == 0 &&
        aws_call(a, &aws_ssm, "DeleteParameter", ask, NULL, e) == 0)
        return 0;
    if (e->code == ERR_NOT_FOUND)
        return 0;
    return err_wrap(e, "cannot delete parameter '%s'; run 'fifoq down' again", pause);
}

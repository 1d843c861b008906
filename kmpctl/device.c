/* SPDX-License-Identifier: ISC */
#include "device.h"

#include "table.h"

#define MAX_SHOWN 4 /* of those that it may mean */

static void print_device(const cJSON *device, FILE *err)
{
	const char *name = show_text(device, "name");

	table_print_cut(show_text(device, "eui"), EUI64_TEXT_LEN, err);
	if (!*name)
		return;
	fputs(" (", err);
	table_print_cut(name, TABLE_WIDTH, err);
	fputc(')', err);
}

static void complain_several(const char *text, const cJSON *devices, int n, FILE *err)
{
	fputs("kmpctl: '", err);
	table_print_cut(text, TABLE_WIDTH, err);
	fputs("' may mean ", err);
	for (int i = 0; i < n && i < MAX_SHOWN; i++) {
		if (i > 0)
			fputs(", ", err);
		print_device(cJSON_GetArrayItem(devices, i), err);
	}
	fprintf(err, "%s: type more of the EUI-64\n", n > MAX_SHOWN ? ", .." : "");
}

static bool take_only(struct kmpctl_request *req, const cJSON *devices, FILE *err)
{
	int n = cJSON_GetArraySize(devices);
	struct eui64 eui;

	if (n > 1) {
		complain_several(req->args[0], devices, n, err);
		return false;
	}
	if (n == 1 && eui64_parse(show_text(cJSON_GetArrayItem(devices, 0), "eui"), &eui) == 0) {
		req->args[0] = eui64_format(&eui, req->named);
		return true;
	}
	fputs("kmpctl: no device has the name '", err);
	table_print_cut(req->args[0], TABLE_WIDTH, err);
	fputs("' or an EUI-64 that ends so: kmpctl ctd lookup lists them\n", err);
	return false;
}

bool device_resolve(struct kmpctl_request *req, FILE *err)
{
	char why[CTL_WHY_LEN] = "";
	cJSON *result = NULL;
	struct eui64 eui;
	bool ok;
	int r;

	if (eui64_parse(req->args[0], &eui) == 0) {
		req->args[0] = eui64_format(&eui, req->named);
		return true;
	}
	r = kmpctl_ask(req, "lookup", req->args, 1, &result, why);
	if (r < 0) {
		kmpctl_complain(req, r, why, err);
		return false;
	}
	ok = take_only(req, cJSON_GetObjectItemCaseSensitive(result, "devices"), err);
	cJSON_Delete(result);
	return ok;
}

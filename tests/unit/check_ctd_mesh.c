/* SPDX-License-Identifier: ISC */
/* A joined device and the commands about the whole mesh, over real DTLS and the control socket. */
#include "ctd_world.h"

#include "unit.h"

#include <string.h>

#define STRANGER "0200000000000009"

/* `result` is, member by member in their order, the text `wanted`, apart from its timeline, which
 * has times in it; deletes it. */
static void assert_is(cJSON *result, const char *wanted)
{
	cJSON_DeleteItemFromObjectCaseSensitive(result, "timeline");
	char *text = cJSON_PrintUnformatted(result);

	ck_assert_str_eq(text, wanted);
	cJSON_free(text);
	cJSON_Delete(result);
}

START_TEST(mesh_is_closed_and_opened_over_dtls)
{
	world_set_up_joined();
	world_assert_refused("open", STRANGER, "the mesh is open");
	assert_is(world_command("close", NULL),
		  "{\"all_secured\":true,\"n\":1,\"near\":null,\"key_index\":1,\"rekey\":null,"
		  "\"behind\":[{\"eui\":\"" WORLD_NAME "\",\"name\":\"lamp\",\"due\":\"close\","
		  "\"held_back\":false,\"reason\":\"proved: reached under the layer-2 key\"}],"
		  "\"left_behind\":[],\"done\":0,\"total\":1}");
	world_settle();
	ck_assert(w.device.all_secured);
	ck_assert_uint_eq(w.device.n, 1);
	assert_is(world_command("mesh", NULL),
		  "{\"all_secured\":true,\"n\":1,\"near\":null,\"key_index\":1,\"rekey\":null,"
		  "\"behind\":[],\"left_behind\":[],\"done\":1,\"total\":1}");
	world_assert_refused("open", STRANGER, "no neighbour of " STRANGER " is known");
	cJSON_Delete(world_command("open", NULL));
	world_settle();
	ck_assert(!w.device.all_secured);
	ck_assert_uint_eq(w.device.n, 2);
	world_assert_text("nodes", WORLD_NAME, "due", "");
	ck_assert_int_eq(w.device.sessions, 1);
	world_tear_down();
}
END_TEST

START_TEST(network_key_is_replaced_over_dtls)
{
	world_set_up_joined();
	struct secret first = keyset_active(&w.device.keys)->key;
	cJSON *mesh = world_command("rekey", NULL);
	const cJSON *rekey = cJSON_GetObjectItemCaseSensitive(mesh, "rekey");
	ck_assert_str_eq(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(rekey, "phase")),
			 "stage");
	ck_assert_int_eq(cJSON_GetObjectItemCaseSensitive(rekey, "index")->valueint, 2);
	ck_assert(cJSON_IsNull(cJSON_GetObjectItemCaseSensitive(rekey, "deadline_s")));
	cJSON_Delete(mesh);
	world_assert_refused("rekey", NULL, "a re-key is under way (stage)");
	world_assert_refused("rekey", "now", "nothing but `force`");
	world_pass_ms(1000);
	const struct key_entry *key = keyset_active(&w.device.keys);
	ck_assert_uint_eq(key->index, 2);
	ck_assert(!secret_equal(&key->key, &first));
	ck_assert_int_eq(keyset_find(&w.device.keys, 1)->state, KEY_RETIRED);
	ck_assert_int_eq(w.device.puts, 4); /* to join, and one a phase */
	world_assert_number("nodes", WORLD_NAME, "key_index", 2);
	world_assert_state("joined");
	world_assert_refused("rekey", "force", "no re-key is under way");
	world_tear_down();
}
END_TEST

static void assert_evicted(bool rekeyed)
{
	cJSON *mesh = world_command("evict", WORLD_NAME);

	ck_assert_str_eq(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(mesh, "eui")),
			 WORLD_NAME);
	ck_assert_str_eq(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(mesh, "name")),
			 "lamp");
	ck_assert_int_eq(cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(mesh, "rekeyed")), rekeyed);
	cJSON_Delete(mesh);
}

START_TEST(who_holds_no_key_is_only_denied)
{
	world_set_up(WORLD_PSK);
	assert_evicted(false); /* it has not even asked */
	world_assert_refused("evict", STRANGER, "no device " STRANGER " is known");
	world_assert_refused("explain", STRANGER, "nothing is known");
	world_assert_refused("evict", "", "not the EUI-64 of a device");
	world_tear_down();
}
END_TEST

START_TEST(eviction_follows_the_re_key_under_way)
{
	world_set_up_joined();
	cJSON_Delete(world_command("rekey", NULL));
	assert_evicted(true); /* after the one under way */
	world_tear_down();
}
END_TEST

START_TEST(evicted_device_is_spoken_to_no_more)
{
	world_set_up_joined();
	cJSON *mesh = world_command("evict", WORLD_NAME);
	ck_assert(cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(mesh, "rekeyed")));
	const cJSON *rekey = cJSON_GetObjectItemCaseSensitive(mesh, "rekey");
	ck_assert_str_eq(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(rekey, "reason")),
			 "eviction of " WORLD_NAME);
	ck_assert_int_ge(cJSON_GetObjectItemCaseSensitive(rekey, "deadline_s")->valueint, 59);
	cJSON_Delete(mesh);
	world_pass_ms(1000);
	mesh = world_command("mesh", NULL);
	ck_assert_int_eq(cJSON_GetObjectItemCaseSensitive(mesh, "key_index")->valueint, 2);
	cJSON_Delete(mesh);
	world_jsr(WORLD_NAME);
	world_pass_ms(60000);
	ck_assert_int_eq(w.device.puts, 1);
	ck_assert_int_eq(w.device.sessions, 1);
	world_assert_text("candidates", WORLD_NAME, "state", "denied");
	world_assert_text("candidates", WORLD_NAME, "reason", "evicted by the operator");
	cJSON *status = world_command("status", NULL);
	const cJSON *nodes = cJSON_GetObjectItemCaseSensitive(status, "nodes");
	ck_assert_int_eq(cJSON_GetObjectItemCaseSensitive(nodes, "denied")->valueint, 1);
	ck_assert_int_eq(cJSON_GetObjectItemCaseSensitive(nodes, "joined")->valueint, 0);
	cJSON_Delete(status);
	ck_assert(world_admit(WORLD_NAME)); /* and back */
	world_pass_ms(5000);
	ck_assert_uint_eq(keyset_active(&w.device.keys)->index, 2);
	world_assert_refused("deny", "lamp", "not the EUI-64 of a device");
	world_assert_refused("deny", "0000000000000000", "not the EUI-64 of a device");
	world_assert_refused("explain", "ffffffffffffffff", "not the EUI-64 of a device");
	cJSON_Delete(world_command("deny", WORLD_NAME));
	world_assert_text("candidates", WORLD_NAME, "state", "denied");
	cJSON_Delete(world_command("deny", STRANGER)); /* which has no credential either */
	cJSON *told = world_command("explain", STRANGER);
	ck_assert_str_eq(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(told, "reason")),
			 "denied by the operator");
	ck_assert_ptr_nonnull(
		strstr(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(told, "advice")),
		       "if it is to stay out"));
	cJSON_Delete(told);
	world_tear_down();
}
END_TEST

/* What it had used of its counter is known even if nobody but the tool was told. */
START_TEST(reset_device_gets_its_counter_first)
{
	world_set_up_joined();
	w.device.fc = 5U << 20;
	world_jsr(WORLD_NAME);
	world_pass_ms(11000);
	world_assert_number("nodes", WORLD_NAME, "fc", 5 << 20);
	ctd_device_sim_stop(&w.device);
	ctd_device_sim_start(&w.device, w.evl, (uint16_t)w.conf.device_port, WORLD_NAME, WORLD_PSK);
	world_jsr(WORLD_NAME);
	world_pass_ms(60000);
	world_jsr(WORLD_NAME);
	world_pass_ms(10000);
	ck_assert_ptr_nonnull(keyset_active(&w.device.keys));
	ck_assert_uint_ge(w.device.fc, 6U << 20);
	world_tear_down();
}
END_TEST

/* It came back without its state and cannot prove anything yet: it is open, and said to be. */
START_TEST(who_has_not_proved_is_not_said_to_be_closed)
{
	world_set_up_joined();
	cJSON_Delete(world_command("close", NULL));
	world_settle();
	ctd_device_sim_stop(&w.device);
	ctd_device_sim_start(&w.device, w.evl, (uint16_t)w.conf.device_port, WORLD_NAME, WORLD_PSK);
	w.device.mark = BSRES_UNSECURED;
	world_jsr(WORLD_NAME);
	world_pass_ms(60000);
	world_jsr(WORLD_NAME);
	world_pass_ms(10000);
	world_assert_state("keyed");
	ck_assert(!w.device.all_secured);
	world_assert_text("nodes", WORLD_NAME, "due", "close");
	assert_is(world_command("mesh", NULL),
		  "{\"all_secured\":true,\"n\":1,\"near\":null,\"key_index\":1,\"rekey\":null,"
		  "\"behind\":[{\"eui\":\"" WORLD_NAME "\",\"name\":\"lamp\",\"due\":\"close\","
		  "\"held_back\":true,\"reason\":\"told once it has proved: no proof yet: reached "
		  "over an unsecured "
		  "link\"}],\"left_behind\":[],\"done\":0,\"total\":1}");
	w.device.mark = BSRES_SECURED;
	world_pass_ms(31000);
	ck_assert(w.device.all_secured);
	world_assert_text("nodes", WORLD_NAME, "due", "");
	world_tear_down();
}
END_TEST

UNIT_MAIN("ctd_mesh", mesh_is_closed_and_opened_over_dtls, network_key_is_replaced_over_dtls,
	  evicted_device_is_spoken_to_no_more, who_holds_no_key_is_only_denied,
	  eviction_follows_the_re_key_under_way, reset_device_gets_its_counter_first,
	  who_has_not_proved_is_not_said_to_be_closed)

/* SPDX-License-Identifier: ISC */
#include "dtls_ends.h"

struct side client, server;
struct relay relay;

void ends_open(void)
{
	world_begin();
	side_open(&server, NULL, true);
	side_open(&client, NULL, false);
}

void ends_close(void)
{
	side_close(&client);
	side_close(&server);
	world_end();
}

int ends_connect(struct dtls_session **s, struct dtls_endpoint *ep, const struct sockaddr_in6 *peer,
		 const char *identity, const struct secret *key)
{
	struct dtls_cred cred = world_cred(identity, key);

	return dtls_connect(s, ep, peer, &cred);
}

void ends_up(uint16_t port)
{
	unsigned int client_ups = client.ups, server_ups = server.ups;

	side_connect(&client, port);
	AWAIT(client.ups > client_ups && server.ups > server_ups);
}

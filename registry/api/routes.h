/*
 * The routes of the registry (PROTOCOL 7) as one table: method, path, who may call, what body is taken, who answers. docs/openapi.json
 * says the same to others, and a test compares the two.
 */
#ifndef API_ROUTES_H
#define API_ROUTES_H

#include "exchange.h"

#define API_ROUTES 39u
extern const struct http_route api_routes[API_ROUTES];

#endif

#include "common/http/address.h"

#include <doctest/doctest.h>

#include "common/http/client.h"
#include "common/http/server.h"

using namespace godwit;

TEST_CASE("only addresses of the public internet are public") {
  for (const char* address : {"1.1.1.1", "8.8.8.8", "172.15.255.255", "172.32.0.1", "100.63.255.255",
                              "100.128.0.1", "223.255.255.255", "2606:4700::1111", "2a00:1450:4001::1",
                              "64:ff9b::808:808", "::ffff:8.8.8.8", "2002:808:808::1"})
    CHECK_MESSAGE(http::is_public_address(address), address);
  for (const char* address : {"0.0.0.0",
                              "10.1.2.3",
                              "100.64.0.1",
                              "127.0.0.1",
                              "127.255.255.255",
                              "169.254.169.254",
                              "172.16.0.1",
                              "172.31.255.255",
                              "192.0.0.1",
                              "192.0.2.1",
                              "192.168.1.1",
                              "198.18.0.1",
                              "198.19.255.255",
                              "198.51.100.1",
                              "203.0.113.9",
                              "224.0.0.1",
                              "255.255.255.255",
                              "::",
                              "::1",
                              "::127.0.0.1",
                              "::ffff:127.0.0.1",
                              "::ffff:10.0.0.1",
                              "fe80::1",
                              "fe80::1%eth0",
                              "fc00::1",
                              "fd12::1",
                              "ff02::1",
                              "2001:db8::1",
                              "64:ff9b::7f00:1",
                              "64:ff9b:1::1",
                              "2002:7f00:1::",
                              "3fff::1",
                              "100::1",
                              "5f00::1",
                              "localhost",
                              "",
                              "1.2.3"})
    CHECK_FALSE_MESSAGE(http::is_public_address(address), address);
}

TEST_CASE("a client told to stay public sends nothing to this host, not even over a connection it has") {
  http::Router router;
  int asked = 0;
  router.get("/", [&](const http::Request&) {
    ++asked;
    return http::text_response("here");
  });
  auto server = http::Server::start({}, std::move(router));
  REQUIRE(server);
  http::Client client;
  const auto refused = client.send({.url = (*server)->url() + "/", .public_only = true});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::invalid);
  CHECK(asked == 0);
  REQUIRE(client.send({.url = (*server)->url() + "/"}));
  CHECK(asked == 1);
  CHECK_FALSE(client.send({.url = (*server)->url() + "/", .public_only = true}));
  CHECK(asked == 1);
}

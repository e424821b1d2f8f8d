#include "common/service/peering.h"

#include <doctest/doctest.h>

namespace godwit::service {
namespace {

TEST_CASE("an advertised URL is an origin or nothing") {
  for (const char* good : {"", "http://host", "http://host:8080", "https://host.example:443",
                           "http://[::1]:8080", "http://10.0.0.1:1"}) {
    CAPTURE(good);
    CHECK(check_advertise(good));
  }
  for (const char* bad :
       {"host", "host:8080", "ftp://host", "http://", "http://host/", "http://host/path",
        "http://host:8080?x=1", "http://user:secret@host", "http://host:99999", " http://host"}) {
    CAPTURE(bad);
    const auto checked = check_advertise(bad);
    REQUIRE_FALSE(checked);
    CHECK(checked.error().message.find("--advertise") != std::string::npos);
  }
}

TEST_CASE("an instance advertises where it listens, and its host when that is everywhere") {
  CHECK(advertised_url("", "127.0.0.1:8080") == "http://127.0.0.1:8080");
  CHECK(advertised_url("", "[::1]:8080") == "http://[::1]:8080");
  CHECK(advertised_url("http://other:1", "127.0.0.1:8080") == "http://other:1");
  for (const char* everywhere : {"0.0.0.0:8080", "[::]:8080"}) {
    const std::string url = advertised_url("", everywhere);
    CHECK(url.find("0.0.0.0") == std::string::npos);
    CHECK(url.find("::") == std::string::npos);
    CHECK(url.ends_with(":8080"));
    CHECK(check_advertise(url));
  }
}

}  // namespace
}  // namespace godwit::service

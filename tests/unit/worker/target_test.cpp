#include "producers/worker/target.h"

#include <doctest/doctest.h>

namespace {

using namespace godwit::worker;

TEST_CASE("a file: target is a directory, whatever its slashes") {
  for (const char* url : {"file:/images", "file:/images/", "file:///images", "file:///images/"}) {
    const auto target = parse_target(url, "web01.qcow2");
    REQUIRE(target.ok());
    CHECK(target->kind == Target::Kind::directory);
    CHECK(target->location == "/images/web01.qcow2");
    CHECK(target->shown_uri == "file:///images/web01.qcow2");
  }
}

TEST_CASE("an http target that ends in a slash gets the file name, before its query") {
  const auto location = [](const char* url) { return parse_target(url, "vm.raw").value().location; };
  CHECK(location("http://h:8000/up/") == "http://h:8000/up/vm.raw");
  CHECK(location("http://h") == "http://h/vm.raw");
  CHECK(location("https://h/up/?sig=a/b") == "https://h/up/vm.raw?sig=a/b");
  CHECK(location("https://h/exact.img") == "https://h/exact.img");
}

TEST_CASE("user info, query and fragment of a URL are never shown") {
  const auto target = parse_target("https://bob:secret@host/p@th/x?token=t#f", "vm.raw");
  REQUIRE(target.ok());
  CHECK(target->shown_uri == "https://host/p@th/x");
  CHECK(target->location == "https://bob:secret@host/p@th/x?token=t#f");
}

TEST_CASE("other targets are refused") {
  for (const char* url :
       {"", "ftp://h/", "file:relative", "/plain/path", "http://", "http:///x", "http://h/a b"})
    CHECK_FALSE(parse_target(url, "vm.raw").ok());
  CHECK_FALSE(parse_target("file://host/dir", "vm.raw").ok());  // no remote files
}

TEST_CASE("a VM's name cannot leave the directory") {
  CHECK(file_name_of("web01", "qcow2") == "web01.qcow2");
  CHECK(file_name_of("../../etc/passwd", "raw") == "_.._.._etc_passwd.raw");
  CHECK(file_name_of("a b/c", "raw") == "a_b_c.raw");
  CHECK(file_name_of("", "raw") == "_.raw");
  CHECK(file_name_of(std::string(500, 'x'), "raw").size() <= 210);
}

}  // namespace

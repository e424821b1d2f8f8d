#include "common/http/encoding.h"

#include <doctest/doctest.h>

#include <string>

namespace godwit::http {

TEST_CASE("percent-encoded text is decoded once, and a broken escape is refused") {
  CHECK(*percent_decode("vm%2Dtask%201") == "vm-task 1");
  CHECK(*percent_decode("%2541") == "%41");
  CHECK(*percent_decode("a+b") == "a+b");
  CHECK(*percent_decode("a+b", Plus::space) == "a b");
  for (const char* broken : {"%", "%4", "%zz", "ok%2", "%-1"})
    CHECK_FALSE(percent_decode(broken).has_value());
}

TEST_CASE("any bytes survive encoding and decoding") {
  std::string all;
  for (int i = 0; i < 256; ++i) all.push_back(static_cast<char>(i));
  CHECK(*percent_decode(percent_encode(all)) == all);
  CHECK(percent_encode("a/b c~") == "a%2Fb%20c~");
}

TEST_CASE("only well-formed UTF-8 is UTF-8") {
  CHECK(is_utf8("plain, grüezi, 日本, 🪿"));
  for (const char* bad :
       {"\x80", "\xC3", "\xC0\xAF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xFF"})
    CHECK_FALSE(is_utf8(bad));
  CHECK(printable("a\r\nb\xFF\xC3\xBC") == "a??b?ü");
}

TEST_CASE("header tokens are found in a list without case") {
  CHECK(has_token("TE, Keep-Alive", "keep-alive"));
  CHECK(has_token("close", "close"));
  CHECK_FALSE(has_token("closed", "close"));
  CHECK_FALSE(has_token("", "close"));
}

}  // namespace godwit::http

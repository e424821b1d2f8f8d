#include "common/http/websocket.h"

#include <doctest/doctest.h>

namespace godwit::http {

TEST_CASE("the handshake's answer is that of RFC 6455") {
  CHECK(websocket_accept("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST_CASE("the length of a frame takes as many bytes as it must") {
  CHECK(websocket_head(Opcode::text, 125).size() == 2);
  CHECK(websocket_head(Opcode::text, 126) == std::string{"\x81\x7e\x00\x7e", 4});
  CHECK(websocket_head(Opcode::text, 65'536).size() == 10);
}

TEST_CASE("a message longer than the bound, an unmasked one and a stray continuation are refused") {
  for (const auto& [bytes, code] : {std::pair{std::string{"\x81\xfe\x10\x00", 4} + "abcd", 1009},
                                    {std::string{"\x81\x01x", 3}, 1002},
                                    {std::string{"\x80\x80\x00\x00\x00\x00", 6}, 1002},
                                    {std::string{"\xc1\x80\x00\x00\x00\x00", 6}, 1002}}) {
    WebsocketReader reader{100};
    reader.take(bytes);
    CHECK_FALSE(reader.next().has_value());
    CHECK(reader.broken() == code);
  }
}

TEST_CASE("bytes may come one by one") {
  const std::string frame{
      "\x81\x83\x00\x00\x00\x00"
      "abc",
      9};
  WebsocketReader reader{100};
  for (std::size_t i = 0; i + 1 < frame.size(); ++i) {
    reader.take(frame.substr(i, 1));
    CHECK_FALSE(reader.next().has_value());
  }
  reader.take(frame.substr(frame.size() - 1));
  CHECK(reader.next()->payload == "abc");
  CHECK(reader.broken() == 0);
}

}  // namespace godwit::http

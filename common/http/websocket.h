// WebSocket (RFC 6455) as text: the handshake's answer and frames. Pure. Server side: what it sends is
// unmasked, what it reads must be masked. No extensions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace godwit::http {

// The value of Sec-WebSocket-Accept for the client's Sec-WebSocket-Key.
std::string websocket_accept(std::string_view key);

enum class Opcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

// The head of a frame; the payload follows it.
std::string websocket_head(Opcode opcode, std::size_t payload_bytes);
std::string websocket_frame(Opcode opcode, std::string_view payload);
// A close frame: 1001 going away, 1002 protocol error, 1008 policy, 1009 too big.
std::string websocket_close(std::uint16_t code, std::string_view reason);

// Puts messages together from the bytes of one client.
class WebsocketReader {
 public:
  explicit WebsocketReader(std::size_t message_bytes_max) : message_bytes_max_(message_bytes_max) {}

  struct Message {
    Opcode opcode = Opcode::text;  // text, binary, close, ping or pong
    std::string payload;
  };

  void take(std::string_view bytes) { buffer_ += bytes; }
  // The next whole message; nullopt when more bytes are needed or broken() says why there will be none.
  std::optional<Message> next();
  // The code to close with; 0 while all is well.
  std::uint16_t broken() const { return broken_; }

 private:
  std::optional<Message> fail(std::uint16_t code);

  const std::size_t message_bytes_max_;
  std::string buffer_;
  std::string partial_;  // of a message in several frames
  std::optional<Opcode> partial_opcode_;
  std::uint16_t broken_ = 0;
};

}  // namespace godwit::http

#include "common/http/websocket.h"

#include <array>
#include <bit>
#include <utility>

#include "common/base/base64.h"

namespace godwit::http {
namespace {

using Block = std::array<std::uint32_t, 80>;

void sha1_block(std::array<std::uint32_t, 5>& state, std::string_view bytes) {
  Block w{};
  for (std::size_t i = 0; i < 16; ++i)
    for (std::size_t b = 0; b < 4; ++b) w[i] = w[i] << 8U | static_cast<unsigned char>(bytes[i * 4 + b]);
  for (std::size_t i = 16; i < w.size(); ++i)
    w[i] = std::rotl(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
  auto [a, b, c, d, e] = state;
  for (std::size_t i = 0; i < w.size(); ++i) {
    std::uint32_t f = b ^ c ^ d;
    std::uint32_t k = i < 40 ? 0x6ED9EBA1U : 0xCA62C1D6U;
    if (i < 20) {
      f = (b & c) | (~b & d);
      k = 0x5A827999U;
    } else if (i >= 40 && i < 60) {
      f = (b & c) | (b & d) | (c & d);
      k = 0x8F1BBCDCU;
    }
    const std::uint32_t next = std::rotl(a, 5) + f + e + k + w[i];
    e = d;
    d = c;
    c = std::rotl(b, 30);
    b = a;
    a = next;
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
  state[4] += e;
}

// The handshake wants SHA-1; nothing is kept secret by it.
std::string sha1(std::string text) {
  const std::uint64_t bits = text.size() * 8;
  text += '\x80';
  while (text.size() % 64 != 56) text += '\0';
  for (int shift = 56; shift >= 0; shift -= 8)
    text += static_cast<char>(bits >> static_cast<unsigned>(shift) & 0xFFU);
  std::array<std::uint32_t, 5> state{0x67452301U, 0xEFCDAB89U, 0x98BADCFEU, 0x10325476U, 0xC3D2E1F0U};
  for (std::size_t at = 0; at < text.size(); at += 64)
    sha1_block(state, std::string_view{text}.substr(at, 64));
  std::string out;
  for (const std::uint32_t word : state)
    for (int shift = 24; shift >= 0; shift -= 8)
      out += static_cast<char>(word >> static_cast<unsigned>(shift) & 0xFFU);
  return out;
}

constexpr std::uint16_t protocol_error = 1002;
constexpr std::uint16_t too_big = 1009;
constexpr std::size_t control_bytes_max = 125;

}  // namespace

std::string websocket_accept(std::string_view key) {
  return base64(sha1(std::string{key} + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"));
}

std::string websocket_head(Opcode opcode, std::size_t payload_bytes) {
  std::string out{static_cast<char>(0x80U | static_cast<unsigned>(opcode))};
  int length_bytes = 0;
  if (payload_bytes < 126) {
    out += static_cast<char>(payload_bytes);
  } else if (payload_bytes <= 0xFFFF) {
    out += static_cast<char>(126);
    length_bytes = 2;
  } else {
    out += static_cast<char>(127);
    length_bytes = 8;
  }
  for (int i = length_bytes - 1; i >= 0; --i)
    out += static_cast<char>(payload_bytes >> static_cast<unsigned>(i * 8) & 0xFFU);
  return out;
}

std::string websocket_frame(Opcode opcode, std::string_view payload) {
  return websocket_head(opcode, payload.size()).append(payload);
}

std::string websocket_close(std::uint16_t code, std::string_view reason) {
  std::string payload{static_cast<char>(code >> 8U), static_cast<char>(code & 0xFFU)};
  return websocket_frame(Opcode::close, payload.append(reason.substr(0, control_bytes_max - 2)));
}

std::optional<WebsocketReader::Message> WebsocketReader::fail(std::uint16_t code) {
  broken_ = code;
  buffer_.clear();
  return std::nullopt;
}

std::optional<WebsocketReader::Message> WebsocketReader::next() {
  const auto byte = [this](std::size_t at) { return static_cast<unsigned char>(buffer_[at]); };
  while (broken_ == 0 && buffer_.size() >= 2) {
    const bool last = (byte(0) & 0x80U) != 0;
    const bool masked = (byte(1) & 0x80U) != 0;
    const auto opcode = static_cast<Opcode>(byte(0) & 0x0FU);
    const bool control = opcode >= Opcode::close;
    if ((byte(0) & 0x70U) != 0 || !masked || (control && !last)) return fail(protocol_error);
    std::uint64_t length = byte(1) & 0x7FU;
    const std::size_t length_bytes = length == 126 ? 2 : length == 127 ? 8 : 0;
    if (control && length_bytes > 0) return fail(protocol_error);
    if (buffer_.size() < 2 + length_bytes + 4) return std::nullopt;
    if (length_bytes > 0) length = 0;
    for (std::size_t i = 0; i < length_bytes; ++i) length = length << 8U | byte(2 + i);
    if (length > message_bytes_max_ || partial_.size() + length > message_bytes_max_) return fail(too_big);
    const std::size_t head = 2 + length_bytes + 4;
    if (buffer_.size() < head + length) return std::nullopt;
    std::string payload = buffer_.substr(head, length);
    for (std::size_t i = 0; i < payload.size(); ++i)
      payload[i] = static_cast<char>(static_cast<unsigned char>(payload[i]) ^ byte(head - 4 + i % 4));
    buffer_.erase(0, head + length);
    if (control) return Message{opcode, std::move(payload)};
    if ((opcode == Opcode::continuation) != partial_opcode_.has_value() || opcode > Opcode::binary)
      return fail(protocol_error);
    if (!partial_opcode_) partial_opcode_ = opcode;
    partial_ += payload;
    if (!last) continue;
    Message out{*partial_opcode_, std::exchange(partial_, {})};
    partial_opcode_.reset();
    return out;
  }
  return std::nullopt;
}

}  // namespace godwit::http

#include "producers/worker/parse/diagnosis.h"

#include "producers/worker/parse/number.h"

namespace godwit::worker::parse {
namespace {

// The length of the well-formed UTF-8 sequence at the start of `text` (RFC 3629, section 4); 0 when none is.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(i < text.size() ? text[i] : 0); };
  const auto continues = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return continues(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const bool overlong = lead == 0xE0 && byte(1) < 0xA0;
    const bool surrogate = lead == 0xED && byte(1) > 0x9F;
    return continues(1) && continues(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const bool overlong = lead == 0xF0 && byte(1) < 0x90;
    const bool too_high = lead == 0xF4 && byte(1) > 0x8F;
    return continues(1) && continues(2) && continues(3) && !overlong && !too_high ? 4 : 0;
  }
  return 0;
}

bool says_no_space(std::string_view line) {
  return line.find("No space left on device") != std::string_view::npos ||
         line.find("File too large") != std::string_view::npos ||
         line.find("Disk quota exceeded") != std::string_view::npos;
}

}  // namespace

Diagnosis::Diagnosis(std::string tool, DiagnosisOptions options)
    : tool_(std::move(tool)), options_(options), framer_(options.framing) {}

void Diagnosis::feed(std::string_view bytes) {
  framer_.feed(bytes, [this](std::string_view line) { take(line); });
  tail_.append(bytes);
  if (tail_.size() > options_.tail_bytes_max) tail_.erase(0, tail_.size() - options_.tail_bytes_max);
}

void Diagnosis::finish() {
  framer_.finish([this](std::string_view line) { take(line); });
}

void Diagnosis::take(std::string_view line) {
  no_space_ = no_space_ || says_no_space(line);
  if (first_.empty()) first_ = printable_utf8(line);
  std::string_view rest = line;
  if (named_.empty() && take_prefix(rest, tool_) && take_prefix(rest, ": ")) named_ = printable_utf8(line);
}

std::string Diagnosis::tail() const {
  std::string_view tail = tail_;
  if (tail.size() == options_.tail_bytes_max) {
    const std::size_t line_end = tail.find('\n');
    if (line_end != std::string_view::npos && line_end + 1 < tail.size()) tail.remove_prefix(line_end + 1);
  }
  return printable_utf8(tail);
}

std::string printable_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    const auto lead = static_cast<unsigned char>(text.front());
    const bool is_control = (lead < 0x20 && lead != '\n' && lead != '\t') || lead == 0x7F;
    if (length == 0 || is_control)
      out += '?';
    else
      out += text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

}  // namespace godwit::worker::parse

#include "producers/cpp/spool/frame.h"

#include <utility>

#include "producers/cpp/spool/crc32c.h"

namespace godwit::producer {
namespace {

constexpr std::size_t head_bytes = 8;
constexpr std::uint32_t absent = 0xFFFFFFFF;
constexpr char record_kind = 'R';
constexpr char floor_kind = 'F';

template <class Number>
void put(std::string& out, Number number) {
  for (std::size_t i = 0; i < sizeof(Number); ++i) out.push_back(static_cast<char>(number >> (8 * i)));
}

void put_text(std::string& out, std::string_view text) {
  put(out, static_cast<std::uint32_t>(text.size()));
  out.append(text);
}

void put_text(std::string& out, const std::optional<std::string>& text) {
  if (text) return put_text(out, std::string_view{*text});
  put(out, absent);
}

// Takes values off the front of bytes. After the first that is not there it gives only empty ones.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  template <class Number>
  Number number() {
    const std::string_view raw = take(sizeof(Number));
    Number out = 0;
    for (std::size_t i = 0; i < raw.size(); ++i)
      out = static_cast<Number>(out | (static_cast<Number>(static_cast<std::uint8_t>(raw[i])) << (8 * i)));
    return out;
  }

  std::optional<std::string> text() {
    const auto size = number<std::uint32_t>();
    if (size == absent) return std::nullopt;
    return std::string{take(size)};
  }

  std::string_view take(std::size_t size) {
    if (!whole_ || bytes_.size() < size) {
      whole_ = false;
      return {};
    }
    const std::string_view out = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return out;
  }

  bool at_end() const { return whole_ && bytes_.empty(); }
  bool whole() const { return whole_; }

 private:
  std::string_view bytes_;
  bool whole_ = true;
};

// Fills in the head that begin_frame() has left room for.
std::string finish(std::string frame) {
  const std::string_view payload = std::string_view{frame}.substr(head_bytes);
  std::string head;
  put(head, static_cast<std::uint32_t>(payload.size()));
  put(head, crc32c(payload));
  return frame.replace(0, head_bytes, head);
}

std::string begin_frame(char kind, std::uint64_t number, std::size_t room) {
  std::string frame;
  frame.reserve(head_bytes + 1 + sizeof(number) + room);
  frame.append(head_bytes, '\0');
  frame.push_back(kind);
  put(frame, number);
  return frame;
}

// The payload of the frame at the front; nullopt when it is not whole.
std::optional<std::string_view> payload_of(std::string_view bytes) {
  Reader reader{bytes};
  const auto size = reader.number<std::uint32_t>();
  const auto sum = reader.number<std::uint32_t>();
  if (!reader.whole() || size == 0 || size > payload_bytes_max) return std::nullopt;
  const std::string_view payload = reader.take(size);
  if (!reader.whole() || crc32c(payload) != sum) return std::nullopt;
  return payload;
}

}  // namespace

std::string record_frame(std::uint64_t number, const stream::OutRecord& record) {
  std::size_t room = 64 + record.topic.size() + (record.key ? record.key->size() : 0) +
                     (record.value ? record.value->size() : 0);
  for (const auto& [name, value] : record.headers) room += 8 + name.size() + value.size();
  std::string frame = begin_frame(record_kind, number, room);
  put_text(frame, std::string_view{record.topic});
  put_text(frame, record.key);
  put_text(frame, record.value);
  put(frame, static_cast<std::uint32_t>(record.headers.size()));
  for (const auto& [name, value] : record.headers) {
    put_text(frame, std::string_view{name});
    put_text(frame, std::string_view{value});
  }
  return finish(std::move(frame));
}

std::string floor_frame(std::uint64_t number) { return finish(begin_frame(floor_kind, number, 0)); }

Scan scan(std::string_view bytes) {
  Scan out;
  while (const auto payload = payload_of(bytes.substr(out.good_bytes))) {
    Reader reader{*payload};
    const char kind = reader.take(1).empty() ? '\0' : payload->front();
    const auto number = reader.number<std::uint64_t>();
    if (!reader.whole()) break;
    const std::size_t size = head_bytes + payload->size();
    if (kind == record_kind) out.records.push_back({number, out.good_bytes, size});
    if (kind == floor_kind && number > out.floor) out.floor = number;
    out.good_bytes += size;
  }
  return out;
}

std::optional<stream::OutRecord> read_record(std::string_view frame) {
  const auto payload = payload_of(frame);
  if (!payload || payload->front() != record_kind) return std::nullopt;
  Reader reader{payload->substr(1)};
  (void)reader.number<std::uint64_t>();
  stream::OutRecord out;
  out.topic = reader.text().value_or("");
  out.key = reader.text();
  out.value = reader.text();
  const auto headers = reader.number<std::uint32_t>();
  for (std::uint32_t i = 0; i < headers && reader.whole(); ++i) {
    std::string name = reader.text().value_or("");
    out.headers.emplace_back(std::move(name), reader.text().value_or(""));
  }
  if (!reader.at_end()) return std::nullopt;
  return out;
}

}  // namespace godwit::producer

#include "consumers/audit/row.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/stream/event_record.h"
#include "consumers/audit/members.h"

namespace godwit::audit {
namespace {

constexpr std::uint32_t null_size = 0xFFFFFFFF;
constexpr std::int64_t time_ms_max = 253'402'300'799'999;  // the last millisecond of the year 9999

void put_u32(std::string& out, std::uint32_t number) {
  for (const unsigned shift : {24U, 16U, 8U, 0U}) out.push_back(static_cast<char>((number >> shift) & 0xFFU));
}

std::optional<std::uint32_t> take_u32(std::string_view& in) {
  if (in.size() < 4) return std::nullopt;
  std::uint32_t out = 0;
  for (const char c : in.substr(0, 4)) out = (out << 8U) | static_cast<unsigned char>(c);
  in.remove_prefix(4);
  return out;
}

std::optional<std::string_view> take(std::string_view& in, std::uint32_t size) {
  if (in.size() < size) return std::nullopt;
  const std::string_view out = in.substr(0, size);
  in.remove_prefix(size);
  return out;
}

// One header off the front of `in`; false when it is cut short.
bool take_header(std::string_view& in, stream::HeaderView& out) {
  const auto name_size = take_u32(in);
  const auto name = name_size ? take(in, *name_size) : std::nullopt;
  const auto value_size = name ? take_u32(in) : std::nullopt;
  if (!value_size) return false;
  out.name = *name;
  if (*value_size == null_size) return true;
  out.value = take(in, *value_size);
  return out.value.has_value();
}

}  // namespace

std::string pack_headers(const std::vector<stream::HeaderView>& headers) {
  std::string out;
  put_u32(out, static_cast<std::uint32_t>(headers.size()));
  for (const stream::HeaderView& header : headers) {
    put_u32(out, static_cast<std::uint32_t>(header.name.size()));
    out.append(header.name);
    put_u32(out, header.value ? static_cast<std::uint32_t>(header.value->size()) : null_size);
    out.append(header.value.value_or(""));
  }
  return out;
}

std::optional<std::vector<stream::HeaderView>> unpack_headers(std::string_view packed) {
  const auto count = take_u32(packed);
  if (!count) return std::nullopt;
  std::vector<stream::HeaderView> out;
  for (std::uint32_t i = 0; i < *count; ++i)
    if (!take_header(packed, out.emplace_back())) return std::nullopt;
  return packed.empty() ? std::optional{std::move(out)} : std::nullopt;
}

std::optional<stream::Record> Row::record() const {
  auto unpacked = unpack_headers(headers);
  if (!unpacked) return std::nullopt;
  return stream::Record{
      topic, stream::Partition{partition}, stream::Offset{offset}, from_unix_ms(record_ms), key,
      value, *std::move(unpacked)};
}

Unreadable unreadable(const stream::Record& record, const event::Refusal& refusal) {
  // A record's time is the producer's to choose, within 64 bits.
  const auto time = from_unix_ms(std::clamp<std::int64_t>(to_unix_ms(record.timestamp), 0, time_ms_max));
  return {fmt::format("{}:{}:{}", record.topic, record.partition.value(), record.offset.value()), time,
          record.value ? record.value->size() : 0, refusal};
}

Result<AuditEntry> entry_of(const Row& row) {
  const auto record = row.record();
  if (!record) return invalid_error("its headers are damaged");
  if (row.refusal) return entry_of(unreadable(*record, *row.refusal));
  const auto event = stream::decode(*record);
  if (!event) return invalid_error(fmt::format("it can no longer be read: {}", event.error().message()));
  if (event->id != row.event_id || event->source != row.source)
    return invalid_error("its bytes are those of another event");
  return make_entry(*event);
}

}  // namespace godwit::audit

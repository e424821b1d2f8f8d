#include "consumers/audit/ledger/leaf.h"

#include <fmt/format.h>

#include "common/base/check.h"
#include "common/base/clock.h"
#include "consumers/audit/ledger/bytes.h"
#include "consumers/audit/ledger/headers.h"

namespace godwit::audit::ledger {
namespace {

constexpr std::string_view magic{"GWAL\x01", 5};

void put_leaf(const Leaf& leaf, std::string& out) {
  out.append(magic);
  put_u64(out, static_cast<std::uint64_t>(leaf.offset));
  put_u64(out, static_cast<std::uint64_t>(leaf.record_ms));
  put_sized(out, leaf.key);
  put_u32(out, leaf.value ? leaf.value->size : null_size);
  out.append(as_bytes(leaf.value ? leaf.value->sha256 : Digest{}));
  out.append(leaf.headers);
}

Error damaged(std::string_view what) { return invalid_error(fmt::format("leaf data {}", what)); }

}  // namespace

ValueDigest digest_value(Hasher& hasher, std::string_view value) {
  GODWIT_CHECK(value.size() < null_size, "{} bytes do not fit a record", value.size());
  return {static_cast<std::uint32_t>(value.size()), hasher.of(value)};
}

std::string bytes_of(const ValueDigest& value) {
  std::string out;
  put_u32(out, value.size);
  out.append(as_bytes(value.sha256));
  return out;
}

std::optional<ValueDigest> value_digest_from(std::string_view bytes) {
  const auto size = take_u32(bytes);
  const auto sha256 = digest_from(bytes);
  return size && sha256 ? std::optional{ValueDigest{*size, *sha256}} : std::nullopt;
}

std::string leaf_data(const Leaf& leaf) {
  std::string out;
  put_leaf(leaf, out);
  return out;
}

Result<Leaf> parse_leaf(std::string_view data) {
  if (take(data, magic.size()) != magic) return damaged("does not begin with GWAL and version 1");
  Leaf out;
  const auto offset = take_u64(data);
  const auto record_ms = take_u64(data);
  if (!record_ms || !take_sized(data, out.key)) return damaged("is cut short");
  out.offset = static_cast<std::int64_t>(*offset);
  out.record_ms = static_cast<std::int64_t>(*record_ms);
  const auto value_size = take_u32(data);
  const auto sha256 = take(data, sizeof(Digest));
  if (!value_size || !sha256) return damaged("is cut short");
  const Digest digest = *digest_from(*sha256);
  if (*value_size != null_size) out.value = ValueDigest{*value_size, digest};
  if (!out.value && digest != Digest{}) return damaged("has a hash of a value that is null");
  if (!unpack_headers(data)) return damaged("has damaged headers");
  out.headers = data;
  return out;
}

Digest LeafHasher::of(const Leaf& leaf) {
  data_.clear();
  put_leaf(leaf, data_);
  return hasher_.leaf(data_);
}

Digest LeafHasher::of(const stream::Record& record) {
  headers_.clear();
  pack_headers(record.headers, headers_);
  Leaf leaf{record.offset.value(), to_unix_ms(record.timestamp), record.key, std::nullopt, headers_};
  if (record.value) leaf.value = digest_value(hasher_, *record.value);
  return of(leaf);
}

}  // namespace godwit::audit::ledger

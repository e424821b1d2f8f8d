// The leaf of a record, "GWAL" 01: what of a record the tree commits to, as bytes. Big-endian:
//   "GWAL" 01 | u64 offset | i64 time of the record in ms | u32 size, key | u32 size of the value |
//   SHA-256(value), 32 zero bytes if null | u32 headers, { u32 size, name, u32 size, value }*
// A size of 0xFFFFFFFF stands for null, which is not empty. Topic and partition are those of the tree. Since
// the value counts by its hash alone, the leaf can still be made when the value itself has been redacted.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/stream/record.h"
#include "consumers/audit/ledger/hash.h"

namespace godwit::audit::ledger {

// All a leaf holds of a value.
struct ValueDigest {
  std::uint32_t size = 0;
  Digest sha256 = {};

  bool operator==(const ValueDigest&) const = default;
};
ValueDigest digest_value(Hasher& hasher, std::string_view value);
// As a column keeps it: the size as 4 bytes, big-endian, then the hash.
std::string bytes_of(const ValueDigest& value);
std::optional<ValueDigest> value_digest_from(std::string_view bytes);

// Views its key and headers, and owns nothing.
struct Leaf {
  std::int64_t offset = 0;
  std::int64_t record_ms = 0;
  std::optional<std::string_view> key = {};
  std::optional<ValueDigest> value = {};
  std::string_view headers = {};  // as pack_headers() writes them

  bool operator==(const Leaf&) const = default;
};

// The bytes that Hasher::leaf() hashes.
std::string leaf_data(const Leaf& leaf);
// Leaf data again; the views lie within `data`. `invalid`, and why, for anything leaf_data() would not have
// written, so that each leaf has one form.
Result<Leaf> parse_leaf(std::string_view data);

// Hashes leaves one after the other in a buffer of its own. One per thread, as its hasher is.
class LeafHasher {
 public:
  explicit LeafHasher(Hasher& hasher) : hasher_(hasher) {}

  Digest of(const Leaf& leaf);
  Digest of(const stream::Record& record);

 private:
  Hasher& hasher_;
  std::string data_, headers_;
};

}  // namespace godwit::audit::ledger

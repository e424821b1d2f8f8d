// SHA-256 as RFC 6962 (section 2.1) uses it: the hash of a leaf and of a node of a Merkle tree never agree,
// since 0x00 goes before the one and 0x01 before the other.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string_view>

struct evp_md_ctx_st;
struct evp_md_st;

namespace godwit::audit::ledger {

using Digest = std::array<std::uint8_t, 32>;

// The 32 bytes, as long as the digest lives.
std::string_view as_bytes(const Digest& digest);
// nullopt unless there are 32 bytes.
std::optional<Digest> digest_from(std::string_view bytes);

// Looks the algorithm up once and begins each hash anew from that, which is nearly twice as fast as asking
// for it each time. One per thread; moved, not copied.
class Hasher {
 public:
  Hasher();

  Digest of(std::string_view bytes) { return of({bytes}); }
  // Of the parts, one after the other.
  Digest of(std::initializer_list<std::string_view> parts);
  // leaf_hash(data) = SHA-256(0x00 || data)
  Digest leaf(std::string_view data);
  // SHA-256(0x01 || left || right)
  Digest node(const Digest& left, const Digest& right);

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
    void operator()(evp_md_st* algorithm) const;
  };

  std::unique_ptr<evp_md_st, Free> algorithm_;
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

}  // namespace godwit::audit::ledger

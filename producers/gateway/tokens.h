// Bearer tokens: who may post events, read from a file of lines `name token`.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/service/access_log.h"

namespace godwit::gateway {

// Fixed: every comparison costs as much as the longest token, and a look-up as much as all of them.
inline constexpr std::size_t token_bytes_min = 16;
inline constexpr std::size_t token_bytes_max = 256;
inline constexpr std::size_t token_name_bytes_max = 64;
inline constexpr std::size_t tokens_max = 1'000;
inline constexpr std::size_t token_file_bytes_max = 1'048'576;

// The name of callers when no tokens are asked for; no token may have it.
using service::anonymous;

// A value. Never printed.
class Tokens {
 public:
  // Lines `name token`; blank ones and those that begin with # are skipped. A name is of `A-Za-z0-9._-`, a
  // token of the characters of RFC 6750. A name may have several tokens, so that one can be replaced; a token
  // has one name. `invalid`, naming the line and nothing of it, for anything else, and when there is no
  // token.
  static Result<Tokens> parse(std::string_view text);

  // Takes the same time whichever token it is and however much of one is right.
  std::optional<std::string> name_of(std::string_view token) const;
  std::size_t size() const { return entries_.size(); }

 private:
  using Padded = std::array<char, token_bytes_max>;  // zeroes behind the token, which holds none
  struct Entry {
    std::string name;
    Padded token;
  };
  static Padded pad(std::string_view token);

  std::vector<Entry> entries_;
};

// The tokens of a file, which may change. Safe from every thread.
class TokenFile {
 public:
  // `invalid` when the file cannot be read, holds no valid tokens, or others than its owner and group may
  // read it, or others than its owner write it.
  static Result<std::unique_ptr<TokenFile>> open(const std::filesystem::path& path);

  // Reads the file again. When that fails the tokens stay as they were. Requests under way keep the tokens
  // they were let in by.
  Status reload();
  std::shared_ptr<const Tokens> current() const;

  std::uint64_t reloads() const { return reloads_.load(); }
  std::uint64_t failed_reloads() const { return failed_reloads_.load(); }

 private:
  TokenFile(std::filesystem::path path, Tokens tokens);

  const std::filesystem::path path_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Tokens> current_;  // by mutex_
  std::atomic<std::uint64_t> reloads_{0};
  std::atomic<std::uint64_t> failed_reloads_{0};
};

}  // namespace godwit::gateway

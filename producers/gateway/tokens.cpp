#include "producers/gateway/tokens.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "common/base/descriptor.h"

namespace godwit::gateway {
namespace {

constexpr std::string_view letters_and_digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
constexpr std::string_view white = " \t\r";

bool consists_of(std::string_view text, std::string_view others) {
  return std::all_of(text.begin(), text.end(), [others](char c) {
    return letters_and_digits.find(c) != std::string_view::npos || others.find(c) != std::string_view::npos;
  });
}

// The first word of `line`, which loses it.
std::string_view take_word(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(white), line.size()));
  const std::string_view word = line.substr(0, line.find_first_of(white));
  line.remove_prefix(word.size());
  return word;
}

Result<std::string> read_guarded(const std::filesystem::path& path) {
  const auto refuse = [&path](std::string_view why) {
    return invalid_error(fmt::format("token file {}: {}", path.string(), why));
  };
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  struct stat about {};
  if (file.get() < 0 || fstat(file.get(), &about) != 0) return refuse(std::strerror(errno));
  if (!S_ISREG(about.st_mode)) return refuse("is no regular file");
  if ((about.st_mode & (S_IWGRP | S_IROTH | S_IWOTH)) != 0)
    return refuse("others may read it, or more than its owner write it; chmod 600 (or 640)");
  if (about.st_size > static_cast<off_t>(token_file_bytes_max))
    return refuse(fmt::format("is longer than {} bytes", token_file_bytes_max));
  std::string text(token_file_bytes_max + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = read(file.get(), text.data() + size, text.size() - size);
    if (got < 0) return refuse(std::strerror(errno));
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  text.resize(size);
  return text;
}

Result<Tokens> read_tokens(const std::filesystem::path& path) {
  auto text = read_guarded(path);
  if (!text) return text.error();
  auto tokens = Tokens::parse(*text);
  if (!tokens) return invalid_error(fmt::format("token file {}: {}", path.string(), tokens.error().message));
  return tokens;
}

}  // namespace

Tokens::Padded Tokens::pad(std::string_view token) {
  Padded out{};
  std::copy_n(token.begin(), std::min(token.size(), out.size()), out.begin());
  return out;
}

Result<Tokens> Tokens::parse(std::string_view text) {
  Tokens out;
  for (std::size_t number = 1; !text.empty(); ++number) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const auto refuse = [number](std::string_view why) {
      return invalid_error(fmt::format("line {}: {}", number, why));
    };
    const std::string_view name = take_word(line);
    if (name.empty() || name.starts_with('#')) continue;
    const std::string_view token = take_word(line);
    if (token.empty() || !take_word(line).empty()) return refuse("is not `name token`");
    if (name.size() > token_name_bytes_max || !consists_of(name, "._-"))
      return refuse("a name is 1 to 64 of A-Z a-z 0-9 . _ -");
    if (name == anonymous) return refuse("this name is for callers without a token");
    if (token.size() < token_bytes_min || token.size() > token_bytes_max || !consists_of(token, "-._~+/="))
      return refuse("a token is 16 to 256 of A-Z a-z 0-9 - . _ ~ + / =");
    if (out.name_of(token)) return refuse("this token stands there twice");
    if (out.size() == tokens_max) return refuse(fmt::format("there are more than {} tokens", tokens_max));
    out.entries_.push_back({std::string{name}, pad(token)});
  }
  if (out.entries_.empty()) return invalid_error("holds no token");
  return out;
}

std::optional<std::string> Tokens::name_of(std::string_view token) const {
  if (token.empty() || token.size() > token_bytes_max) return std::nullopt;
  const Padded asked = pad(token);
  const Entry* found = nullptr;
  for (const Entry& entry : entries_) {
    volatile std::uint64_t difference = 0;  // volatile: no loop that ends early
    for (std::size_t at = 0; at < asked.size(); at += sizeof difference) {
      std::uint64_t a = 0;
      std::uint64_t b = 0;
      std::memcpy(&a, asked.data() + at, sizeof a);
      std::memcpy(&b, entry.token.data() + at, sizeof b);
      difference = difference | (a ^ b);
    }
    if (difference == 0) found = &entry;
  }
  return found == nullptr ? std::nullopt : std::optional{found->name};
}

Result<std::unique_ptr<TokenFile>> TokenFile::open(const std::filesystem::path& path) {
  auto tokens = read_tokens(path);
  if (!tokens) return tokens.error();
  return std::unique_ptr<TokenFile>{new TokenFile{path, std::move(*tokens)}};  // NOLINT: private constructor
}

TokenFile::TokenFile(std::filesystem::path path, Tokens tokens)
    : path_(std::move(path)), current_(std::make_shared<const Tokens>(std::move(tokens))) {}

Status TokenFile::reload() {
  auto tokens = read_tokens(path_);
  if (!tokens) {
    failed_reloads_.fetch_add(1);
    return tokens.error();
  }
  auto fresh = std::make_shared<const Tokens>(std::move(*tokens));
  const std::lock_guard lock{mutex_};
  current_ = std::move(fresh);
  reloads_.fetch_add(1);
  return Done{};
}

std::shared_ptr<const Tokens> TokenFile::current() const {
  const std::lock_guard lock{mutex_};
  return current_;
}

}  // namespace godwit::gateway

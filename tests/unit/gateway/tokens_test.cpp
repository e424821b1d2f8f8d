#include "producers/gateway/tokens.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <fstream>

#include "tests/lib/temporary_directory.h"

namespace godwit::gateway {
namespace {

namespace fs = std::filesystem;

const std::string first(32, 'a');
const std::string second(32, 'b');

std::string why_not(std::string_view text) {
  const auto tokens = Tokens::parse(text);
  REQUIRE_FALSE(tokens.ok());
  return tokens.error().message;
}

void write(const fs::path& path, const std::string& text, fs::perms mode = fs::perms::owner_read) {
  fs::remove(path);
  std::ofstream{path} << text;
  fs::permissions(path, mode | fs::perms::owner_write);
}

}  // namespace

TEST_CASE("a token says whose it is, and a name may have two while one replaces the other") {
  const auto tokens =
      Tokens::parse("# workers\n\nrack-1 " + first + "\n  rack-1\t" + second + "\r\nci c" + first);
  REQUIRE(tokens.ok());
  CHECK(tokens->size() == 3);
  CHECK(tokens->name_of(first) == "rack-1");
  CHECK(tokens->name_of(second) == "rack-1");
  CHECK(tokens->name_of("c" + first) == "ci");
}

TEST_CASE("a token that is only nearly right is nobody's") {
  const auto tokens = Tokens::parse(fmt::format("w {}", first));
  REQUIRE(tokens.ok());
  CHECK_FALSE(tokens->name_of(""));
  CHECK_FALSE(tokens->name_of(first.substr(1)));
  CHECK_FALSE(tokens->name_of(first + "a"));
  CHECK_FALSE(tokens->name_of(first + std::string(1, '\0') + "x"));
  CHECK_FALSE(tokens->name_of(fmt::format("A{}", first.substr(1))));
  CHECK_FALSE(tokens->name_of(first.substr(0, 31) + "b"));
  CHECK_FALSE(tokens->name_of(std::string(10'000, 'a')));
}

TEST_CASE("tokens of the longest and the shortest length are told apart to the last character") {
  const std::string longest(token_bytes_max, 'z');
  const std::string shortest(token_bytes_min, 'z');
  const auto tokens = Tokens::parse(fmt::format("long {}\nshort {}", longest, shortest));
  REQUIRE(tokens.ok());
  CHECK(tokens->name_of(longest) == "long");
  CHECK(tokens->name_of(shortest) == "short");
  CHECK_FALSE(tokens->name_of(longest.substr(1)));
}

TEST_CASE("a faulty line is named by its number, and nothing of it is shown") {
  const std::string longest(257, 'a');
  CHECK(why_not("w " + first + "\nw2") == "line 2: is not `name token`");
  CHECK(why_not("w " + first + " x") == "line 1: is not `name token`");
  CHECK(why_not("w short").find("line 1: a token is") == 0);
  CHECK(why_not(fmt::format("w {}", longest)).find("line 1: a token is") == 0);
  CHECK(why_not(fmt::format("w!x {}", first)).find("line 1: a name is") == 0);
  CHECK(why_not(fmt::format("anonymous {}", first)).find("line 1: this name") == 0);
  CHECK(why_not("a " + first + "\n\nb " + first) == "line 3: this token stands there twice");
  CHECK(why_not("# nobody\n") == "holds no token");
  const std::string secret = "secret+secret+secret\x01";
  CHECK(why_not(fmt::format("w {}", secret)).find("secret+") == std::string::npos);
}

TEST_CASE("a file of tokens is bounded") {
  std::string text;
  for (std::size_t i = 0; i < tokens_max; ++i) text += fmt::format("w {}{}\n", first, i);
  CHECK(Tokens::parse(text).ok());
  CHECK(why_not(text + fmt::format("w {}", second)) == "line 1001: there are more than 1000 tokens");
}

TEST_CASE("a token file others may read or change is refused") {
  const testing::TemporaryDirectory directory;
  const fs::path path = directory / "tokens";
  write(path, fmt::format("w {}", first));
  CHECK(TokenFile::open(path).ok());
  write(path, fmt::format("w {}", first), fs::perms::group_read);
  CHECK(TokenFile::open(path).ok());
  for (const auto mode : {fs::perms::others_read, fs::perms::group_write, fs::perms::others_write}) {
    write(path, fmt::format("w {}", first), mode);
    const auto refused = TokenFile::open(path);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().message.find("chmod 600") != std::string::npos);
  }
  CHECK_FALSE(TokenFile::open(directory.path()).ok());
  CHECK_FALSE(TokenFile::open(directory / "none").ok());
  write(path, std::string(token_file_bytes_max + 1, '#'));
  CHECK_FALSE(TokenFile::open(path).ok());
}

TEST_CASE("a reload takes the new tokens, and a failed one keeps the old") {
  const testing::TemporaryDirectory directory;
  const fs::path path = directory / "tokens";
  write(path, fmt::format("w {}", first));
  const auto file = std::move(TokenFile::open(path).value());
  const auto before = file->current();
  write(path, fmt::format("w {}", second));
  CHECK(file->reload().ok());
  CHECK_FALSE(file->current()->name_of(first));
  CHECK(file->current()->name_of(second) == "w");
  CHECK(before->name_of(first) == "w");  // a request under way keeps what let it in
  write(path, "nonsense");
  CHECK_FALSE(file->reload().ok());
  CHECK(file->current()->name_of(second) == "w");
  CHECK(file->reloads() == 1);
  CHECK(file->failed_reloads() == 1);
}

}  // namespace godwit::gateway

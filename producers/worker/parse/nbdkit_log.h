// NbdkitLog: counts, from the lines of nbdkit's `log` filter, how much of an export its reader has got. A
// byte counts once it was read, or once the reader was told that it lies in a hole, which no reader fetches.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

namespace godwit::worker::parse {

struct NbdkitLogOptions {
  std::size_t pending_max = 4096;  // requests without an answer yet; further ones are not counted
};

// A value; feed it one log in order. It counts ranges as requested and trusts the reader to ask for each
// once, as nbdcopy does; clamp the sum to the size.
class NbdkitLog {
 public:
  explicit NbdkitLog(NbdkitLogOptions options = {}) : options_(options) {}

  // The bytes covered so far when this line changed them, else nullopt.
  std::optional<std::int64_t> feed(std::string_view line);

 private:
  struct Request {
    std::int64_t offset = 0;
    std::int64_t count = 0;
  };
  using Key = std::pair<std::int64_t, std::int64_t>;  // connection and request id

  void asked(const Key& key, std::string_view fields);
  std::optional<std::int64_t> answered(const Key& key, std::string_view verb, std::string_view fields);

  NbdkitLogOptions options_;
  std::map<Key, Request> pending_;
  std::int64_t covered_ = 0;
};

}  // namespace godwit::worker::parse

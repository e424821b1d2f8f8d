// Idempotency-Key: the same request sent again within a while gets the first answer again, and nothing is
// published twice. After draft-ietf-httpapi-idempotency-key-header. Of one instance and in memory: what must
// hold for ever, across instances and restarts, is that consumers count a (source, id) once.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "common/base/clock.h"
#include "common/http/request.h"
#include "common/http/response.h"

namespace godwit::gateway {

struct IdempotencyOptions {
  Millis window{600'000};              // how long an answer is kept; 0: keys are ignored
  std::size_t answers_max = 10'000;    // kept at once; the oldest goes first
  std::size_t bytes_max = 33'554'432;  // of their bodies and keys; a bigger answer is not kept
  std::size_t key_bytes_max = 255;
  int under_way_retry_seconds = 1;  // told with 409
};

struct IdempotencyStats {
  std::uint64_t replayed = 0;   // answered from memory
  std::uint64_t conflicts = 0;  // 409 and 422
  std::size_t answers = 0;      // kept now
  std::size_t bytes = 0;
};

// Safe from every thread. The clock outlives it. Requests under way are as many as there are threads; only
// they and the kept answers take memory.
class Idempotency {
 public:
  // The right to answer a key for the first time. Given back at its end, unless keep() was called.
  class Turn {
   public:
    Turn() = default;  // of a request without a key
    Turn(Idempotency& owner, std::string key) : owner_(&owner), key_(std::move(key)) {}
    Turn(Turn&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)), key_(std::move(other.key_)) {}
    Turn& operator=(Turn&&) = delete;
    ~Turn();
    // From here on this is the answer to the key.
    void keep(const http::Response& response);

   private:
    Idempotency* owner_ = nullptr;
    std::string key_;
  };

  Idempotency(const IdempotencyOptions& options, const Clock& clock) : options_(options), clock_(clock) {}
  Idempotency(const Idempotency&) = delete;
  Idempotency& operator=(const Idempotency&) = delete;

  // What to answer at once, or the turn to find out. At once: the first answer again, marked
  // `Idempotency-Replayed: true`; 422 when the key came with another body, content type or ce- headers; 409
  // while the first is under way; 400 for a key that is none. Keys of different callers have nothing in
  // common.
  std::variant<Turn, http::Response> begin(const std::string& caller, const http::Request& request);

  IdempotencyStats stats() const;

 private:
  // Two hashes of what the request says; equal for another request about once in 2^64.
  struct Fingerprint {
    std::size_t head = 0;
    std::size_t body = 0;
    bool operator==(const Fingerprint&) const = default;
  };
  struct Entry {
    Fingerprint fingerprint;
    bool answered = false;
    http::Response response = {};
    Timestamp expires = {};
    std::list<std::string>::iterator place = {};  // in order_, once answered
  };
  using Entries = std::map<std::string, Entry, std::less<>>;

  static Fingerprint fingerprint_of(const http::Request& request);
  static std::size_t bytes_of(const Entries::value_type& entry);
  void drop(Entries::iterator entry);
  void drop_expired();
  void release(const std::string& key);
  void keep(const std::string& key, const http::Response& response);

  const IdempotencyOptions options_;
  const Clock& clock_;
  mutable std::mutex mutex_;  // all below
  Entries entries_;
  std::list<std::string> order_;  // keys of answered entries, the oldest first
  std::size_t bytes_ = 0;
  std::uint64_t replayed_ = 0;
  std::uint64_t conflicts_ = 0;
};

}  // namespace godwit::gateway

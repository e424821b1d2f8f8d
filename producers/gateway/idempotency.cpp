#include "producers/gateway/idempotency.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "common/http/encoding.h"

namespace godwit::gateway {
namespace {

bool is_key(std::string_view text, std::size_t bytes_max) {
  return !text.empty() && text.size() <= bytes_max &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

}  // namespace

Idempotency::Turn::~Turn() {
  if (owner_ != nullptr) owner_->release(key_);
}

void Idempotency::Turn::keep(const http::Response& response) {
  if (auto* owner = std::exchange(owner_, nullptr)) owner->keep(key_, response);
}

Idempotency::Fingerprint Idempotency::fingerprint_of(const http::Request& request) {
  std::string head{request.header("Content-Type").value_or("")};
  for (const auto& [name, value] : request.headers)
    if (const std::string lower = http::lower_case(name); lower.starts_with("ce-"))
      head += fmt::format("\n{}:{}", lower, value);
  return {std::hash<std::string>{}(head), std::hash<std::string>{}(request.body)};
}

std::variant<Idempotency::Turn, http::Response> Idempotency::begin(const std::string& caller,
                                                                   const http::Request& request) {
  const auto header = request.header("Idempotency-Key");
  if (!header || options_.window <= Millis{0}) return Turn{};
  if (!is_key(*header, options_.key_bytes_max))
    return http::problem(
        400, fmt::format("Idempotency-Key must be 1 to {} visible ASCII characters", options_.key_bytes_max));
  std::string key = fmt::format("{} {}", caller, *header);  // a caller's name holds no space
  const Fingerprint fingerprint = fingerprint_of(request);
  const std::lock_guard lock{mutex_};
  drop_expired();
  const auto found = entries_.find(key);
  if (found == entries_.end()) {
    entries_.emplace(key, Entry{.fingerprint = fingerprint});
    return Turn{*this, std::move(key)};
  }
  const Entry& first = found->second;
  if (first.fingerprint != fingerprint) {
    ++conflicts_;
    return http::problem(422, "this Idempotency-Key came before with another request");
  }
  if (!first.answered) {
    ++conflicts_;
    return http::retry_later(409, "the first request with this Idempotency-Key is still under way",
                             options_.under_way_retry_seconds);
  }
  ++replayed_;
  http::Response again = first.response;
  again.headers.emplace_back("Idempotency-Replayed", "true");
  return again;
}

std::size_t Idempotency::bytes_of(const Entries::value_type& entry) {
  return 2 * entry.first.size() + entry.second.response.body.size();
}

void Idempotency::drop(Entries::iterator entry) {
  bytes_ -= bytes_of(*entry);
  order_.erase(entry->second.place);
  entries_.erase(entry);
}

void Idempotency::drop_expired() {
  const Timestamp now = clock_.now();
  while (!order_.empty()) {
    const auto oldest = entries_.find(order_.front());
    if (oldest->second.expires > now) return;
    drop(oldest);
  }
}

void Idempotency::release(const std::string& key) {
  const std::lock_guard lock{mutex_};
  entries_.erase(key);
}

void Idempotency::keep(const std::string& key, const http::Response& response) {
  const std::lock_guard lock{mutex_};
  const auto entry = entries_.find(key);
  entry->second.response = response;
  const std::size_t bytes = bytes_of(*entry);
  if (bytes > options_.bytes_max || options_.answers_max == 0) {
    entries_.erase(entry);
    return;
  }
  while (!order_.empty() && (order_.size() >= options_.answers_max || bytes_ + bytes > options_.bytes_max))
    drop(entries_.find(order_.front()));
  entry->second.answered = true;
  entry->second.expires = clock_.now() + options_.window;
  entry->second.place = order_.insert(order_.end(), key);
  bytes_ += bytes;
}

IdempotencyStats Idempotency::stats() const {
  const std::lock_guard lock{mutex_};
  return {.replayed = replayed_, .conflicts = conflicts_, .answers = order_.size(), .bytes = bytes_};
}

}  // namespace godwit::gateway

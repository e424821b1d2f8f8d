#include "producers/gateway/answers.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/http/encoding.h"
#include "common/json/writer.h"

namespace godwit::gateway {
namespace {

constexpr std::string_view full_text = "too many events wait for Kafka; nothing was stored";
constexpr std::string_view silent_text =
    "Kafka did not acknowledge in time; the events may have been stored, and sending them again with the "
    "same "
    "ids is safe";
constexpr std::string_view refused_text = "Kafka refused an event for good; the log of the gateway says why";

// "event 3 of the batch: /id ", the beginning of a sentence.
std::string place(std::optional<std::size_t> index, const std::string& pointer) {
  return (index ? fmt::format("event {} of the batch: ", *index) : "") +
         (pointer.empty() ? "" : pointer + " ");
}

// An event that is not stored, as the answer tells it.
struct Missing {
  std::size_t index = 0;
  std::optional<std::string> id = {};
  int status = 400;
  std::optional<std::string> pointer = {};
  std::string detail = {};
};

Missing missing(std::size_t index, const std::string& id, Fate fate) {
  switch (fate) {
    case Fate::turned_away:
      return {
          .index = index, .id = id, .status = 429, .detail = "not stored: too many events wait for Kafka"};
    case Fate::refused:
      return {.index = index, .id = id, .status = 500, .detail = "refused by Kafka for good"};
    case Fate::unacknowledged:
    case Fate::stored:
      break;
  }
  return {.index = index,
          .id = id,
          .status = 503,
          .detail = "not acknowledged in time, perhaps stored; sending it again with the same id is safe"};
}

std::vector<Missing> all_missing(const Reading& reading, const std::vector<Fate>& fates) {
  std::vector<Missing> out;
  for (const Refused& refused : reading.refused)
    out.push_back({.index = refused.index.value_or(0),
                   .status = refused.status,
                   .pointer = refused.pointer,
                   .detail = refused.message});
  for (std::size_t i = 0; i < fates.size(); ++i)
    if (fates[i] != Fate::stored) out.push_back(missing(reading.places[i], reading.events[i].id, fates[i]));
  std::sort(out.begin(), out.end(), [](const Missing& a, const Missing& b) { return a.index < b.index; });
  return out;
}

// The array `refused` of an answer.
std::string to_json(const std::vector<Missing>& all) {
  json::Writer out;
  out.begin_array();
  for (const Missing& one : all) {
    out.begin_object().member("index", static_cast<std::uint64_t>(one.index)).member_if("id", one.id);
    out.member("status", one.status);
    if (one.pointer) out.member("pointer", http::printable(*one.pointer));
    out.member("detail", http::printable(one.detail)).end_object();
  }
  out.end_array();
  return out.take();
}

http::Response taken(const Reading& reading, const std::vector<Fate>& fates,
                     const std::vector<Missing>& rest) {
  json::Writer out;
  out.begin_object().key("ids").begin_array();
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < fates.size(); ++i) {
    if (fates[i] != Fate::stored) continue;
    out.value(reading.events[i].id);
    ++count;
  }
  out.end_array().member("count", count);
  if (!rest.empty()) out.member_raw("refused", to_json(rest));
  out.end_object();
  return http::json_response(out.take(), rest.empty() ? 202 : 207);
}

// Several reasons, one status: the one that tells the client best what to do next.
int common_status(const std::vector<Missing>& all) {
  for (const int status : {503, 429, 500})
    if (std::any_of(all.begin(), all.end(), [status](const Missing& one) { return one.status == status; }))
      return status;
  return all.front().status;
}

http::Response none_taken(const Reading& reading, const std::vector<Missing>& all, const RetryAfter& retry) {
  std::vector<http::ProblemMember> members;
  const int status = common_status(all);
  const bool unread = status < 429;  // the events themselves are at fault: point at the first
  if (unread) {
    members.emplace_back("pointer", all.front().pointer.value_or(""));
    members.emplace_back("index", static_cast<std::int64_t>(all.front().index));
  }
  if (reading.is_batch) members.emplace_back("refused", http::JsonText{to_json(all)});
  if (unread)
    return http::problem(
        status, place(all.front().index, all.front().pointer.value_or("")) + all.front().detail, members);
  if (status == 429) return http::retry_later(429, full_text, retry.full_seconds, members);
  if (status == 503) return http::retry_later(503, silent_text, retry.unacknowledged_seconds, members);
  return http::problem(status, refused_text, members);
}

}  // namespace

http::Response refusal(const Refused& refused) {
  std::vector<http::ProblemMember> members{{"pointer", refused.pointer}};
  if (refused.index) members.emplace_back("index", static_cast<std::int64_t>(*refused.index));
  return http::problem(refused.status, place(refused.index, refused.pointer) + refused.message, members);
}

http::Response answer(const Reading& reading, const std::vector<Fate>& fates, const RetryAfter& retry) {
  const std::vector<Missing> rest = all_missing(reading, fates);
  const bool any_stored = std::find(fates.begin(), fates.end(), Fate::stored) != fates.end();
  return any_stored || rest.empty() ? taken(reading, fates, rest) : none_taken(reading, rest, retry);
}

}  // namespace godwit::gateway

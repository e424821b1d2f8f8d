#include "consumers/webhooks/endpoint_registry.h"

#include <doctest/doctest.h>

#include "consumers/webhooks/filter.h"
#include "tests/unit/webhooks/events.h"

using namespace godwit;
using namespace godwit::webhooks;
using namespace godwit::webhooks::test;

namespace {

const ConfigKey key{std::string(32, 'k')};
const ConfigKey other_key{std::string(32, 'o')};

EndpointSettings settings_of(const std::string& name, EndpointSettings more = {}) {
  EndpointSettings out{{"name", name}, {"type", "generic"}, {"url", "https://hooks.example/s3cret"}};
  for (Setting& each : more) out.push_back(std::move(each));
  return out;
}

std::vector<Configured> file_of(const EndpointSettings& settings) {
  return {{settings, *make_endpoint(settings)}};
}

void hear(EndpointRegistry& registry, const EndpointChange& change) {
  CHECK(registry.hear("endpoint/" + change.name, change.value));
}

Endpoints endpoints_of(const EndpointRegistry& registry) {
  std::vector<std::string> trouble;
  return registry.endpoints(trouble);
}

}  // namespace

TEST_CASE("a record in the log tells an endpoint to all instances with the key, and no secret to others") {
  EndpointRegistry here{key};
  const auto change =
      here.put(settings_of("ops", {{"secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}}), false, noon);
  REQUIRE(change);
  CHECK(change->value->find("s3cret") == std::string::npos);
  CHECK(change->value->find("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw") == std::string::npos);
  CHECK(change->changes_json.find("s3cret") == std::string::npos);
  CHECK(change->changes_json.find(R"x("url":{"old":null,"new":"(hidden)"})x") != std::string::npos);
  EndpointRegistry there{key};
  hear(there, *change);
  const Endpoints endpoints = endpoints_of(there);
  REQUIRE(endpoints.size() == 1);
  CHECK(endpoints[0].url == "https://hooks.example/s3cret");
  CHECK(endpoints[0].secrets == "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  CHECK(endpoints[0].active_from == noon);
  EndpointRegistry stranger{other_key};
  hear(stranger, *change);
  std::vector<std::string> trouble;
  CHECK(stranger.endpoints(trouble).at(0).url.empty());
  CHECK(trouble.size() == 1);
}

TEST_CASE("a new endpoint owes nothing for the past, and a change keeps since when it owes") {
  EndpointRegistry registry{key};
  hear(registry, *registry.put(settings_of("ops"), false, noon));
  hear(registry, *registry.put(settings_of("ops", {{"rate", "5"}}), false, noon + Millis{5000}));
  const Endpoint ops = endpoints_of(registry).at(0);
  CHECK(ops.active_from == noon);
  CHECK(ops.rate_per_second == 5);
  CHECK_FALSE(is_active_at(ops, noon - Millis{1}));
  CHECK(is_active_at(ops, noon));
}

TEST_CASE("of the time it was off an endpoint is told nothing, also when it is on again") {
  EndpointRegistry registry{key};
  hear(registry, *registry.put(settings_of("ops"), false, noon));
  hear(registry, *registry.disable("ops", "the endpoint answered 410", noon + Millis{1000}));
  CHECK_FALSE(endpoints_of(registry).at(0).enabled);
  CHECK_FALSE(registry.disable("ops", "again", noon + Millis{1500}));
  hear(registry, *registry.enable("ops", noon + Millis{2000}));
  const Endpoint ops = endpoints_of(registry).at(0);
  CHECK(ops.enabled);
  CHECK(is_active_at(ops, noon + Millis{999}));
  CHECK_FALSE(is_active_at(ops, noon + Millis{1000}));
  CHECK_FALSE(is_active_at(ops, noon + Millis{1999}));
  CHECK(is_active_at(ops, noon + Millis{2000}));
}

TEST_CASE("a secret that is not given anew stays, and what is wrong changes nothing") {
  EndpointRegistry registry{key};
  hear(registry, *registry.put(settings_of("ops"), false, noon));
  hear(registry, *registry.put({{"name", "ops"}, {"type", "generic"}, {"on_error", "true"}}, false, noon));
  CHECK(endpoints_of(registry).at(0).url == "https://hooks.example/s3cret");
  CHECK_FALSE(registry.put(settings_of("ops", {{"rate", "fast"}}), false, noon));
  CHECK_FALSE(registry.put({{"name", "new"}, {"type", "generic"}}, false, noon));
}

TEST_CASE("a file sets what is new or other in it, removes what is gone from it, and leaves the rest alone") {
  EndpointRegistry registry{key};
  hear(registry, *registry.put(settings_of("by-hand"), false, noon));
  auto changes = registry.apply(file_of(settings_of("ops")), noon);
  REQUIRE(changes.size() == 1);
  hear(registry, changes[0]);
  CHECK(registry.apply(file_of(settings_of("ops")), noon).empty());
  changes = registry.apply(file_of(settings_of("other")), noon);
  REQUIRE(changes.size() == 2);
  CHECK(changes[0].name == "other");
  CHECK(changes[1].name == "ops");
  CHECK_FALSE(changes[1].value);
  for (const auto& change : changes) hear(registry, change);
  CHECK(registry.find("by-hand") != nullptr);
  CHECK(registry.find("ops") == nullptr);
}

TEST_CASE("instances with the same file and keys of their own use it without undoing each other's records") {
  EndpointRegistry first{key};
  const auto changes = first.apply(file_of(settings_of("ops")), noon);
  REQUIRE(changes.size() == 1);
  EndpointRegistry second{other_key};
  hear(second, changes[0]);
  CHECK(second.apply(file_of(settings_of("ops")), noon + Millis{9}).empty());
  CHECK(endpoints_of(second).at(0).url == "https://hooks.example/s3cret");
  CHECK(endpoints_of(second).at(0).active_from == noon);
  hear(second, changes[0]);  // heard once more, as after a reconnect
  CHECK(endpoints_of(second).at(0).url == "https://hooks.example/s3cret");
}

TEST_CASE("what is sealed opens with the same key and for the same thing alone") {
  const std::string sealed = key.seal("attack at dawn", "endpoint/a");
  CHECK(sealed != key.seal("attack at dawn", "endpoint/a"));
  CHECK(*key.open(sealed, "endpoint/a") == "attack at dawn");
  CHECK_FALSE(key.open(sealed, "endpoint/b"));
  CHECK_FALSE(other_key.open(sealed, "endpoint/a"));
  CHECK_FALSE(key.open("AAAA", "endpoint/a"));
  std::string changed = sealed;
  changed[20] = changed[20] == 'A' ? 'B' : 'A';
  CHECK_FALSE(key.open(changed, "endpoint/a"));
  CHECK(*key.open(key.seal("", "x"), "x") == "");
}

TEST_CASE("filters narrow what an endpoint is told") {
  const auto told = [](const std::function<void(Endpoint&)>& change, const event::Event& event,
                       Occasion occasion) {
    Endpoint endpoint = make_endpoint("e");
    change(endpoint);
    return is_told_of(endpoint, event, occasion);
  };
  auto failed = make_event(event::Type::task_failed, "e1");
  failed.data.plan_id = "wave-7";
  failed.data.user = "svc-planner";
  const auto error = Occasion::error;
  CHECK(told([](Endpoint&) {}, failed, error));
  CHECK(told([](Endpoint& e) { e.filter.providers = {"hyperv", "vs*"}; }, failed, error));
  CHECK_FALSE(told([](Endpoint& e) { e.filter.providers = {"hyperv"}; }, failed, error));
  CHECK(told([](Endpoint& e) { e.filter.plans = {"wave-*"}; }, failed, error));
  CHECK_FALSE(told([](Endpoint& e) { e.filter.plans = {"wave-8"}; }, failed, error));
  CHECK_FALSE(
      told([](Endpoint& e) { e.filter.plans = {"*"}; }, make_event(event::Type::task_failed, "e2"), error));
  CHECK(told([](Endpoint& e) { e.filter.users = {"svc-planner"}; }, failed, error));
  CHECK(told([](Endpoint& e) { e.filter.min_severity = Severity::error; }, failed, error));
  CHECK_FALSE(told([](Endpoint& e) { e.filter.min_severity = Severity::error; },
                   make_event(event::Type::warning_raised, "e4"), Occasion::warning));
  const auto only = [](Endpoint& e) {
    e.on_start = e.on_complete = e.on_error = e.on_warning = false;
    e.filter.events = {"task.f*"};
  };
  CHECK(told(only, failed, error));
  CHECK_FALSE(told(only, make_event(event::Type::task_completed, "e3"), Occasion::complete));
}

TEST_CASE("a star stands for any characters") {
  struct Case {
    const char* pattern;
    const char* text;
  };
  for (const Case& each : {Case{"*", ""}, Case{"a*", "a"}, Case{"*a", "bba"}, Case{"a*b*c", "aXbYbc"},
                           Case{"task.*", "task.failed"}, Case{"a", "a"}})
    CHECK_MESSAGE(matches(each.pattern, each.text), each.pattern);
  for (const Case& each :
       {Case{"", "a"}, Case{"a", "ab"}, Case{"a*c", "ab"}, Case{"*.failed", "task.failed.x"}})
    CHECK_FALSE_MESSAGE(matches(each.pattern, each.text), each.pattern);
}

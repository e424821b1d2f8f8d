#include "consumers/webhooks/kinds/template.h"

#include <doctest/doctest.h>

#include "consumers/webhooks/kinds/golden.h"
#include "tests/unit/webhook_kinds/notices.h"

using namespace godwit;
using namespace godwit::webhooks::kinds;
using namespace godwit::webhooks::kinds::test;

namespace {

std::string problem(const std::string& text) {
  const Status good = check_template(text);
  return good ? "" : good.error().message;
}

}  // namespace

TEST_CASE("a template fills in facts, and leaves out what there is none of") {
  const Notice notice = make_notice(failed_event());
  CHECK(render_template("{{vm_name}} {{status}} ({{severity}}){{#error}}: {{error}}{{/error}}", notice) ==
        "erp-db-01 failed (critical): the target is full");
  const Notice started = make_notice(make_event(event::Type::task_started));
  CHECK(render_template("{{vm_name}}{{#error}}: {{error}}{{/error}}{{^error}} is well{{/error}}", started) ==
        "erp-db-01 is well");
  CHECK(render_template("{{! nothing }}{{{vm_name}}}{{&vm_name}}", notice) == "erp-db-01erp-db-01");
  CHECK(render_template("", notice).empty());
}

TEST_CASE("what an event says is never read as a template, and is escaped once, by the kind") {
  event::Event event = failed_event();
  event.data.vm_name = "{{task_id}} {{>error}} <b>&";
  Options options;
  options.title = "{{vm_name}}";
  CHECK(render_template(options.title, make_notice(event)) == "{{task_id}} {{>error}} <b>&");
  CHECK(text_of(parse(body_of(Kind::slack, make_notice(event), options))["attachments"][0], "title") ==
        "{{task_id}} {{&gt;error}} &lt;b&gt;&amp;");
}

TEST_CASE("a mistake in a template is told with its line") {
  CHECK(problem("{{vm_name}}\n{{vm_nam}}") == "line 2: there is no fact 'vm_nam'");
  CHECK(problem("\n\n{{#error}}x") == "line 3: {{#error}} is never ended");
  CHECK(problem("a\n{{/error}}") == "line 2: {{/error}} ends no section that is open");
  CHECK(problem("{{#error}}{{#stage}}{{/error}}{{/stage}}") ==
        "line 1: {{/error}} ends no section that is open");
  CHECK(problem("a {{vm_name") == "line 1: a {{ is never closed");
  CHECK(problem("{{> message}}") == "line 1: a template has no partials");
  CHECK(problem("{{=<% %>=}}<%vm_name%>") == "line 1: a template has no other delimiters");
  CHECK(problem("{{.}}") == "line 1: there is no fact '.'");
  CHECK(problem("{{}}") == "line 1: there is no fact ''");
  CHECK(problem(repeat("{{#error}}", 17) + repeat("{{/error}}", 17)) ==
        "line 1: sections nest deeper than 16");
  CHECK(problem(repeat("x", 5000)) == "line 1: a template is at most 4096 bytes");
  CHECK(problem("").empty());
  CHECK(problem("} }} {x}").empty());
}

TEST_CASE("every fact can be asked of every event of the catalogue") {
  std::string all;
  for (const std::string_view name : template_names()) all += "{{" + std::string{name} + "}}\n";
  REQUIRE(problem(all).empty());
  for (const event::Event& event : golden_events()) CHECK(!render_template(all, make_notice(event)).empty());
}

TEST_CASE("what a template gives is bounded") {
  const Notice notice = hostile_notice(repeat("x", 10'000));
  CHECK(render_template(repeat("{{vm_name}}", 300), notice).size() == TemplateLimits{}.output_bytes_max);
}

TEST_CASE("each kind shows an endpoint's title and text; a blank one gives way to its own words") {
  Options options;
  options.title = "T {{vm_name}}";
  options.text = "{{#advice}}B {{advice}}{{/advice}}";
  const Notice notice = make_notice(failed_event());
  const auto slack = parse(body_of(Kind::slack, notice, options));
  CHECK(text_of(slack["attachments"][0], "title") == "T erp-db-01");
  CHECK(text_of(slack["attachments"][0], "text") == "Migration of erp-db-01 failed");
  CHECK(text_of(parse(body_of(Kind::discord, notice, options))["embeds"][0], "title") == "T erp-db-01");
  CHECK(text_of(parse(body_of(Kind::pagerduty, notice, options))["payload"], "summary") == "T erp-db-01");
  options.text = "{{vm_name}}!";
  CHECK(text_of(parse(body_of(Kind::generic, notice, options)), "message") == "erp-db-01!");
}

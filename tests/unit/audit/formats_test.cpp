// CSV, CEF and OCSF of entries, and which format a request gets.
#include <doctest/doctest.h>

#include <map>

#include "common/json/fields.h"
#include "consumers/audit/export/address.h"
#include "consumers/audit/export/cef.h"
#include "consumers/audit/export/csv.h"
#include "consumers/audit/export/format.h"
#include "consumers/audit/export/ocsf.h"

using namespace godwit;
using namespace godwit::audit;

namespace {

// Every text hostile in some format.
AuditEntry entry() {
  AuditEntry out;
  out.event_id = "=1+1";
  out.event_type = "task|fail\\ed";
  out.timestamp = from_unix_ms(1'500);
  out.task_id = "t-1";
  out.vm_name = "db, \"main\"";
  out.user = "@bob";
  out.ip_address = "192.0.2.7";
  out.action = "fail";
  out.description = "line one\r\nkey=value \\ | end";
  out.status = "failed";
  out.duration_ns = 2'500'000;
  out.success = false;
  out.error = "disk=full\nnow";
  out.resources = {"vm:db", "disk:0"};
  out.source = "/workers/h1";
  out.attempt = 2;
  out.details.plan_id = "wave-1";
  return out;
}

Row row() {
  Row out;
  out.topic = "migrations.lifecycle";
  out.partition = 3;
  out.offset = 42;
  return out;
}

std::string chosen(const std::string& accept, const std::string& target = "/") {
  auto request = http::make_request("GET", target);
  REQUIRE(request.ok());
  if (!accept.empty()) request->headers.emplace_back("accept", accept);
  const auto format = choose_format(*request);
  return format ? std::string{info(*format).name} : std::to_string(format.error().status);
}

// The cells of CSV lines, as RFC 4180 reads them.
std::vector<std::vector<std::string>> read_csv(std::string_view text) {
  std::vector<std::vector<std::string>> out{{""}};
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    std::string& cell = out.back().back();
    if (quoted && c == '"' && i + 1 < text.size() && text[i + 1] == '"') {
      cell += text[++i];
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && c == ',') {
      out.back().emplace_back();
    } else if (!quoted && text.substr(i, 2) == "\r\n") {
      ++i;
      out.push_back({""});
    } else {
      cell += c;
    }
  }
  return out;
}

}  // namespace

TEST_CASE("a CSV cell stands in quotes when it must") {
  CHECK(csv_cell("plain text") == "plain text");
  CHECK(csv_cell("") == "");
  CHECK(csv_cell("a,b") == "\"a,b\"");
  CHECK(csv_cell("a\"b") == "\"a\"\"b\"");
  CHECK(csv_cell("a\nb") == "\"a\nb\"");
  CHECK(csv_cell("a\r\nb") == "\"a\r\nb\"");
}

TEST_CASE("no CSV cell begins as a formula does") {
  for (const std::string mark : {"=", "+", "-", "@"}) {
    CHECK(csv_cell(mark + "1") == "'" + mark + "1");
    CHECK(csv_cell("1" + mark) == "1" + mark);
  }
  CHECK(csv_cell("\t=1") == "\"'\t=1\"");
  CHECK(csv_cell("\r=1") == "\"'\r=1\"");
  CHECK(csv_cell("\n=1") == "\"'\n=1\"");
  CHECK(csv_cell("=cmd|' /C calc'!A0") == "'=cmd|' /C calc'!A0");
  CHECK(csv_cell("=\"a\",1") == "\"'=\"\"a\"\",1\"");
  CHECK(csv_cell("＝1") == "'＝1");
}

TEST_CASE("a CSV line has a cell for every column of the header, and they read back") {
  const auto lines = read_csv(csv_header() + csv_line(entry(), row()));
  REQUIRE(lines.size() == 2);
  REQUIRE(lines[0].size() == lines[1].size());
  std::map<std::string, std::string> cells;
  for (std::size_t i = 0; i < lines[0].size(); ++i) cells[lines[0][i]] = lines[1][i];
  CHECK(cells.at("event_id") == "'=1+1");
  CHECK(cells.at("timestamp") == "1970-01-01T00:00:01.500Z");
  CHECK(cells.at("vm_name") == "db, \"main\"");
  CHECK(cells.at("user") == "'@bob");
  CHECK(cells.at("provider") == "");
  CHECK(cells.at("description") == "line one\r\nkey=value \\ | end");
  CHECK(cells.at("duration_ns") == "2500000");
  CHECK(cells.at("success") == "false");
  CHECK(cells.at("resources") == "vm:db;disk:0");
  CHECK(cells.at("details") == R"({"plan_id":"wave-1"})");
  CHECK(cells.at("offset") == "42");
  CHECK(cells.at("plan_id") == "wave-1");
  CHECK(cells.at("duplicate") == "false");
}

TEST_CASE("CEF escapes what its header and its values are parted by") {
  CHECK(cef_header_text("a|b\\c=d\r\ne") == "a\\|b\\\\c=d  e");
  CHECK(cef_value("a|b\\c=d\r\ne") == "a|b\\\\c\\=d\\r\\ne");
}

TEST_CASE("a CEF line is one line of eight parts, with what failed and who did it") {
  const std::string line = cef_line(entry(), row());
  CHECK(line.find_first_of("\r\n") == std::string::npos);
  CHECK(line.starts_with("CEF:0|Godwit|godwit-audit|"));
  CHECK(line.find("|task\\|fail\\\\ed|line one  key=value \\\\ \\| end|7|rt=1500 externalId=\\=1+1 act=fail "
                  "outcome=failure suser=@bob src=192.0.2.7 ") != std::string::npos);
  CHECK(line.find(" reason=disk\\=full\\nnow cs1=t-1 cs1Label=task_id cs2=db, \"main\" cs2Label=vm_name ") !=
        std::string::npos);
  CHECK(line.find("cs3=") == std::string::npos);  // no provider
  CHECK(
      line.ends_with(" cs5=wave-1 cs5Label=plan_id cs6=migrations.lifecycle:3:42 cs6Label=record cn1=2 "
                     "cn1Label=attempt cn2=2 cn2Label=duration_ms"));
}

TEST_CASE("CEF names an address by its kind") {
  AuditEntry from = entry();
  from.ip_address = "2001:db8::1";
  CHECK(cef_line(from, row()).find(" c6a2=2001:db8::1 c6a2Label=Source IPv6 Address ") != std::string::npos);
  from.ip_address = "host.example";
  CHECK(cef_line(from, row()).find(" shost=host.example ") != std::string::npos);
  CHECK(kind_of_address("1.2.3") == AddressKind::other);
}

TEST_CASE("an OCSF event is an API activity with who, what, where from and how it ended") {
  rapidjson::Document event;
  event.Parse(ocsf_line(entry(), row()).c_str());
  REQUIRE_FALSE(event.HasParseError());
  CHECK(event["class_uid"].GetInt() == 6003);
  CHECK(event["category_uid"].GetInt() == 6);
  CHECK(event["activity_id"].GetInt() == 99);
  CHECK(event["type_uid"].GetInt() == 600399);
  CHECK(event["time"].GetInt64() == 1500);
  CHECK(event["severity_id"].GetInt() == 3);
  CHECK(event["status_id"].GetInt() == 2);
  CHECK(std::string_view{event["metadata"]["version"].GetString()} == "1.3.0");
  CHECK(std::string_view{event["actor"]["user"]["name"].GetString()} == "@bob");
  CHECK(std::string_view{event["src_endpoint"]["ip"].GetString()} == "192.0.2.7");
  CHECK(std::string_view{event["api"]["operation"].GetString()} == "task|fail\\ed");
  CHECK(event["unmapped"]["offset"].GetInt() == 42);
}

TEST_CASE(
    "an OCSF event of an API call says what was done by its method, and never an address that is none") {
  AuditEntry call = entry();
  call.details.method = "DELETE";
  call.details.status_code = 204;
  call.success = true;
  call.ip_address = "somewhere";
  call.user.reset();
  rapidjson::Document event;
  event.Parse(ocsf_line(call, row()).c_str());
  CHECK(event["type_uid"].GetInt() == 600304);
  CHECK(std::string_view{event["status_code"].GetString()} == "204");
  CHECK_FALSE(event["actor"].HasMember("user"));
  CHECK(std::string_view{event["actor"]["app_name"].GetString()} == "/workers/h1");
  CHECK_FALSE(event["src_endpoint"].HasMember("ip"));
}

TEST_CASE("the format is the parameter's, or the one that Accept wants most") {
  CHECK(chosen("") == "json");
  CHECK(chosen("*/*") == "json");
  CHECK(chosen("text/html,application/xhtml+xml,*/*;q=0.8") == "json");
  CHECK(chosen("text/csv") == "csv");
  CHECK(chosen("Application/X-NDJSON") == "ndjson");
  CHECK(chosen("application/json;q=0.5, text/csv;q=0.9, application/x-ndjson; q=0.7") == "csv");
  CHECK(chosen("text/csv;q=0") == "406");
  CHECK(chosen("image/png") == "406");
  CHECK(chosen("image/png", "/?format=cef") == "cef");
  CHECK(chosen("text/csv", "/?format=json") == "json");
  CHECK(chosen("", "/?format=ocsf") == "ocsf");
  CHECK(chosen("", "/?format=xml") == "400");
}

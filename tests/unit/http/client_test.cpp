#include "common/http/client.h"

#include <doctest/doctest.h>
#include <stdlib.h>  // NOLINT: mkdtemp is POSIX

#include <fstream>
#include <vector>

#include "common/http/server.h"

namespace godwit::http {
namespace {

Router peer() {
  Router router;
  router
      .put("/store/{name}",
           [](const Request& r) { return text_response(std::to_string(r.body.size()), 201); })
      .post("/echo",
            [](const Request& r) {
              Response response = text_response(r.body);
              response.headers.emplace_back("X-Token", std::string{r.header("X-Token").value_or("none")});
              response.headers.emplace_back("X-Type", std::string{r.header("Content-Type").value_or("none")});
              return response;
            })
      .get("/moved",
           [](const Request&) {
             Response response = text_response("", 302);
             response.headers.emplace_back("Location", "/big");
             return response;
           })
      .get("/big", [](const Request&) { return text_response(std::string(10'000, 'b')); });
  return router;
}

std::unique_ptr<Server> serve(const ServerOptions& options = {}) {
  return std::move(Server::start(options, peer()).value());
}

// A file of that size that is gone with this object.
struct ScratchFile {
  explicit ScratchFile(std::size_t size) {
    std::string pattern = (std::filesystem::temp_directory_path() / "godwit-http-XXXXXX").string();
    directory = mkdtemp(pattern.data());
    path = directory / "disk.img";
    std::ofstream{path, std::ios::binary} << std::string(size, 'd');
  }
  ~ScratchFile() { std::filesystem::remove_all(directory); }
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;
  std::filesystem::path directory;
  std::filesystem::path path;
};

}  // namespace

TEST_CASE("a body and its headers arrive, and the answer's headers come back") {
  const auto server = serve();
  Client client;
  const auto answer = client.send({.method = "POST",
                                   .url = server->url() + "/echo",
                                   .headers = {{"X-Token", "t"}, {"Content-Type", "application/json"}},
                                   .body = "{}"});
  REQUIRE(answer.ok());
  CHECK(answer->status == 200);
  CHECK(answer->body == "{}");
  CHECK(answer->header("x-token") == "t");
  CHECK(answer->header("x-type") == "application/json");
  CHECK(client.send({.method = "POST", .url = server->url() + "/echo"})->header("x-type") == "none");
}

TEST_CASE("a status that is no success is a value, and a redirect is not followed") {
  const auto server = serve();
  Client client;
  CHECK(client.send({.url = server->url() + "/nothing"})->status == 404);
  const auto moved = client.send({.url = server->url() + "/moved"});
  CHECK(moved->status == 302);
  CHECK(moved->header("Location") == "/big");
}

TEST_CASE("a file is uploaded as it lies on disk, and its progress ends at its size") {
  const auto server = serve({.body_bytes_max = 8'000'000});
  const ScratchFile file{5'000'000};
  std::vector<std::uint64_t> sent;
  Client client;
  const auto answer = client.send({.method = "PUT",
                                   .url = server->url() + "/store/disk",
                                   .upload = file.path,
                                   .progress =
                                       [&](std::uint64_t bytes, std::uint64_t total) {
                                         CHECK(total == 5'000'000);
                                         sent.push_back(bytes);
                                         return true;
                                       },
                                   .total_timeout = Millis{0},
                                   .stall_timeout = Millis{10'000}});
  REQUIRE(answer.ok());
  CHECK(answer->status == 201);
  CHECK(answer->body == "5000000");
  REQUIRE_FALSE(sent.empty());
  CHECK(sent.back() == 5'000'000);
  CHECK(std::is_sorted(sent.begin(), sent.end()));
}

TEST_CASE("an upload is given up when its progress says so") {
  const auto server = serve({.body_bytes_max = 8'000'000});
  const ScratchFile file{5'000'000};
  Client client;
  const auto answer = client.send({.method = "PUT",
                                   .url = server->url() + "/store/disk",
                                   .upload = file.path,
                                   .progress = [](std::uint64_t, std::uint64_t) { return false; }});
  REQUIRE_FALSE(answer.ok());
  CHECK(answer.error().message.find("given up") != std::string::npos);
}

TEST_CASE("a file that is not there is an invalid request, not a failed network") {
  Client client;
  const auto answer =
      client.send({.method = "PUT", .url = "http://127.0.0.1:1/", .upload = "/nonexistent/disk"});
  REQUIRE_FALSE(answer.ok());
  CHECK(answer.error().kind == ErrorKind::invalid);
}

TEST_CASE("an answer longer than the bound is cut and says so") {
  const auto server = serve();
  Client client;
  const auto cut = client.send({.url = server->url() + "/big", .response_bytes_max = 1'000});
  REQUIRE(cut.ok());
  CHECK(cut->status == 200);
  CHECK(cut->body_cut);
  CHECK(cut->body.size() == 1'000);
  const auto whole = client.send({.url = server->url() + "/big", .response_bytes_max = 10'000});
  CHECK_FALSE(whole->body_cut);
}

TEST_CASE("a dead port is a transient error that tells no secret of the URL") {
  std::string url;
  {
    const auto gone = serve();
    url = gone->url();
  }
  const std::string secret = "http://user:hunter2@" + url.substr(7) + "/hook/s3cret?token=s3cret#s3cret";
  Client client;
  const auto answer = client.send({.url = secret});
  REQUIRE_FALSE(answer.ok());
  CHECK(answer.error().kind == ErrorKind::transient);
  CHECK(answer.error().message.find(url) != std::string::npos);
  CHECK(answer.error().message.find("s3cret") == std::string::npos);
  CHECK(answer.error().message.find("hunter2") == std::string::npos);
}

TEST_CASE("only http and https are spoken") {
  Client client;
  for (const char* url : {"file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1:1/", "", "http://"}) {
    const auto answer = client.send({.url = url});
    REQUIRE_FALSE(answer.ok());
    CHECK(answer.error().kind == ErrorKind::invalid);
  }
}

TEST_CASE("a server that never answers is a transient error after the timeout") {
  Router router;
  router.get("/wait", [](const Request&) {
    Response response;
    response.stream = [](StreamWriter& out) {
      while (!out.stopping()) std::this_thread::yield();
    };
    return response;
  });
  const auto server = std::move(Server::start({}, std::move(router)).value());
  Client client;
  const auto answer = client.send({.url = server->url() + "/wait", .total_timeout = Millis{100}});
  REQUIRE_FALSE(answer.ok());
  CHECK(answer.error().kind == ErrorKind::transient);
}

}  // namespace godwit::http

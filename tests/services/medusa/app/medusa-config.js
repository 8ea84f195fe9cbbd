// The shop of `make test-commerce`: the API alone, everything in memory but the orders.
const { defineConfig } = require("@medusajs/framework/utils");

const origin = "http://127.0.0.1";

module.exports = defineConfig({
  admin: { disable: true },
  projectConfig: {
    databaseUrl: process.env.DATABASE_URL,
    databaseDriverOptions: { connection: { ssl: false } },
    http: { storeCors: origin, adminCors: origin, authCors: origin, jwtSecret: "throw-away", cookieSecret: "throw-away" },
  },
});

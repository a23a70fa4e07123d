// jsforce (3.10.16, the last that runs on Node 20): signs in with a password over the partner SOAP API, and out again.
"use strict";

const jsforce = require("jsforce");

async function main() {
  const order = await read();
  const connection = new jsforce.Connection({ loginUrl: order.url, httpProxy: order.proxy, version: "62.0" });
  await connection.login(order.user, order.password);
  const report = {
    ...(await described(connection)),
    ...(await wrote(connection, order.key)),
    ...(await converted(connection, order.key)),
    ...(await loaded(connection, order.rows)),
    paged: await paged(connection, order.soql),
    exported: await exported(connection, order.soql),
  };
  await connection.logout();
  process.stdout.write(`${JSON.stringify(report)}\n`);
}

async function read() {
  let text = "";
  for await (const part of process.stdin) text += part;
  return JSON.parse(text);
}

async function described(connection) {
  const { sobjects } = await connection.describeGlobal();
  const { fields } = await connection.sobject(sobjects.find(({ name }) => name === "Lead").name).describe();
  return { fields: fields.map(({ name }) => name) };
}

async function wrote(connection, key) {
  const leads = connection.sobject("Lead");
  const { id } = await leads.create({ LastName: "Diaz", Company: "Home", SPOTIO_Id__c: key });
  await leads.update({ Id: id, Title: "Owner" });
  await leads.upsert({ SPOTIO_Id__c: key, Description: "Met twice" }, "SPOTIO_Id__c");
  const other = await leads.upsert({ SPOTIO_Id__c: `${key}-2`, LastName: "Roe", Company: "Home" }, "SPOTIO_Id__c");
  await leads.destroy(other.id);
  const refusal = await leads.create({ Company: "Nobody" }).catch(({ errorCode }) => errorCode);
  const { Description: description } = await leads.retrieve(id);
  return { lead: id, description, deleted: other.id, refusal };
}

async function converted(connection, key) {
  const leads = connection.sobject("Lead");
  const { id: leadId } = await leads.create({ LastName: "Poe", Company: "Poe Ltd", SPOTIO_Id__c: `${key}-3` });
  await leads.destroy(leadId);
  const [{ success: restored }] = await connection.soap.undelete([leadId]);
  const order = { leadId, convertedStatus: "Closed - Converted", doNotCreateOpportunity: true };
  const { contactId } = await connection.soap.convertLead(order);
  return { restored, converted: { lead: leadId, contact: contactId } };
}

async function loaded(connection, rows) {
  const { successfulResults, failedResults } = await connection.bulk2.loadAndWaitForResults({
    object: "Lead",
    operation: "insert",
    input: rows,
    pollInterval: 50,
    pollTimeout: 60_000,
  });
  return { loaded: successfulResults.length, refused: failedResults.map(({ sf__Error }) => sf__Error) };
}

async function paged(connection, soql) {
  let page = await connection.query(soql);
  const records = page.records;
  while (!page.done) {
    page = await connection.queryMore(page.nextRecordsUrl);
    records.push(...page.records);
  }
  return records.map(({ SPOTIO_Id__c }) => SPOTIO_Id__c);
}

async function exported(connection, soql) {
  const stream = await connection.bulk2.query(soql, { pollInterval: 50, pollTimeout: 60_000 });
  const records = await stream.toArray();
  return records.map(({ SPOTIO_Id__c }) => SPOTIO_Id__c);
}

main().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exitCode = 1;
});

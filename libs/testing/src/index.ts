export { aCompareInput, aDataset, aRef, aRequest, aStudy, aTreeRef, someResources } from './builders.js';
export { closeTo } from './close-to.js';
export { FakeClock, FakeTaskContext } from './fakes.js';
export { faulty, first, type Fault } from './faulty.js';
export { eventually } from './waiting.js';

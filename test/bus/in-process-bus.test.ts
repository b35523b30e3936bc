import { InProcessBus } from '../../src/bus/in-process-bus.js';
import { describeChangeBus } from '../contract/change-bus/change-bus-contract.js';

describeChangeBus((onFailure) => new InProcessBus(onFailure));
